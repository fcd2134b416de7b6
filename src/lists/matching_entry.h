// matching_entry: one list entry that matches an attempt, from wherever it is: a row of the store, a line of
// a file.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lists/entry.h"

namespace greylisting {

struct MatchingEntry {
  Action action = Action::allow;
  PatternKind kind = PatternKind::network;
  unsigned specificity = 0;  // as Pattern has it; of those that allow or deny, the greatest counts
  std::string place{};       // `lists/17`, `entries/3`, `control/greylisting_deny:12`
  std::optional<std::chrono::minutes> block{};  // greylist: instead of block_expire
  std::string reply{};                          // deny: instead of reject_message; empty for that
  bool counts = true;  // not where it allows a client by a name that is not believed (trust_remote_host)

  friend bool operator==(const MatchingEntry&, const MatchingEntry&) = default;
};

/// A regular expression of the store, which keeps only its text: the attempt has yet to be held against it.
struct StoredRegexp {
  std::string place{};  // `entries/3`
  bool denies = false;
  PatternKind kind = PatternKind::sender;
  std::string pattern{};
  std::string reply{};  // empty for reject_message

  friend bool operator==(const StoredRegexp&, const StoredRegexp&) = default;
};

}  // namespace greylisting
