// judge: one attempt, judged by the store, which knows all that can be found by equality, and then by regular
// expressions and files, where these can change something: a known triplet or trusted client that passes does
// not pay for them, but once after a deny list has changed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attempt.h"
#include "settings.h"
#include "store.h"

namespace greylisting {

inline constexpr const char* kAllowFile = "control/greylisting_allow";
inline constexpr const char* kDenyFile = "control/greylisting_deny";

/// What became of an attempt, and what was wrong with the files and expressions that were asked: lines for
/// the log.
struct Judged {
  Decision decision{};
  std::vector<std::string> problems{};
};

/// What is decided before any store is asked: by a text in the tcprule (GREYLISTING="553 …"), by
/// max_recipients, or by what an earlier RCPT of the session has found to hold for it.
std::optional<Decision> judge_at_the_door(const Session& session, const Settings& settings);

/// Has the store judge and record the attempt, then holds it against the regular expressions in the store,
/// control/greylisting_allow, control/greylisting_deny and the files of `allow_lists`: of all that match, the
/// most specific counts, and of equals the one that denies. What the store has recorded of an attempt that
/// they decide otherwise is taken back. An attempt that is accepted for not being suspicious is first held
/// against the rules in `suspicious_rules`. Throws StoreError.
Judged judge(Store& store, Attempt attempt, const Session& session, const Settings& settings);

/// The files that `allow_lists` names, `FORMAT:FILE` each, with blanks between them.
struct NamedList {
  std::string format;
  std::string file;
};
std::vector<NamedList> named_lists(const std::string& allow_lists);

}  // namespace greylisting
