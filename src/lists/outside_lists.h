// outside_lists: the lists that no store can hold an attempt against by itself: regular expressions, of which
// it only keeps the text, and the files of this host. The plugin does, where the store asks for it, and what
// it finds goes into the store's next question, so that one place decides which entry counts.
#pragma once

#include <optional>
#include <string>
#include <vector>

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

/// A list entry that is a regular expression, as it is stored.
struct StoredRegexp {
  std::string entry;  // `entries/3`
  bool denies = false;
  std::string kind;  // `host`, `sender`, `recipient`
  std::string pattern;
  std::string reply;  // empty for reject_message
};

/// How much of them is to be asked: only what denies, of an attempt that passes otherwise. The numbers are
/// those of sql/…/judge.sql.
enum class Asked { nothing = 0, denials = 1, everything = 2 };

/// The entry of them that counts: of all that match the most specific, and of equals one that denies.
struct OutsideMatch {
  unsigned specificity = 0;  // as Pattern has it
  bool denies = false;
  std::string entry;  // `entries/3`, `control/greylisting_deny:12`
  std::string reply;  // empty for reject_message
};

/// Which files have something in them, without reading them.
struct OutsideFiles {
  bool deny = false;         // control/greylisting_deny
  bool any = false;          // that, control/greylisting_allow, or those of allow_lists
  std::string deny_state{};  // another one whenever that file is; empty where there is none
};
OutsideFiles outside_files(const std::string& allow_lists);

/// Whether a file is there and not empty.
bool has_content(const char* file);

/// Holds an attempt against those expressions, control/greylisting_deny and, unless only what denies is asked
/// and nothing denies, control/greylisting_allow and the files of `allow_lists`. Where a client's
/// name cannot be believed, it allows nothing, and regular expressions are held against the address alone.
/// What is wrong with a file or an expression is added to `problems`, a line for the log each.
struct OutsideAnswer {
  std::optional<OutsideMatch> match{};
  bool is_whole = true;  // control/greylisting_deny could be read, or there is none
};
OutsideAnswer outside_match(const Subjects& subjects, bool believes_client_name, Asked asked,
                            const std::vector<StoredRegexp>& regexps, const std::string& allow_lists,
                            std::vector<std::string>& problems);

}  // namespace greylisting
