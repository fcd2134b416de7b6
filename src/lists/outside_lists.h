// outside_lists: the lists that no store can hold an attempt against by itself: regular expressions, of which
// it only keeps the text, and the files of this host.
#pragma once

#include <string>
#include <vector>

#include "lists/matching_entry.h"
#include "lists/pattern.h"

namespace greylisting {

inline constexpr const char* kAllowFile = "control/greylisting_allow";
inline constexpr const char* kDenyFile = "control/greylisting_deny";

/// The files that `allow_lists` names, `FORMAT:FILE` each, with blanks between them. Behind each whose format
/// is known comes what an administrator has added beside a list that is maintained for him, as Postgrey and
/// SQLgrey read it: FILE.local, which need not be there.
struct NamedList {
  std::string format;
  std::string file;
  bool is_addition = false;
};
std::vector<NamedList> named_lists(const std::string& allow_lists);

/// Whether a file is there and not empty.
bool has_content(const char* file);

/// Which of the store's denying expressions and of the lines of control/greylisting_deny match. What is wrong
/// with a file or an expression is added to `problems`, a line for the log each.
std::vector<MatchingEntry> outside_denials(const Subjects& subjects, const std::vector<StoredRegexp>& regexps,
                                           std::vector<std::string>& problems);

/// The same of what allows: expressions, control/greylisting_allow and the files of `allow_lists`. Where a
/// client's name cannot be believed, an entry for it does not count, nor does an expression that is not found
/// in the address.
std::vector<MatchingEntry> outside_allowances(const Subjects& subjects, bool believes_client_name,
                                              const std::vector<StoredRegexp>& regexps,
                                              const std::string& allow_lists,
                                              std::vector<std::string>& problems);

}  // namespace greylisting
