// judge: one attempt, judged by the store, and by regular expressions and files where these can change
// something: a known triplet that passes does not pay for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "judgement/attempt.h"
#include "judgement/transaction.h"
#include "settings/settings.h"
#include "store/store.h"

namespace greylisting {

/// What became of an attempt, and what was wrong with the files and expressions that were asked: lines for
/// the log.
struct Judged {
  Decision decision{};
  std::vector<std::string> problems{};
};

/// What is decided before any store is asked: by a text in the tcprule (GREYLISTING="553 …"), by
/// max_recipients, or by what an earlier RCPT of the session has found to hold for it.
std::optional<Decision> judge_at_the_door(const Session& session, const Settings& settings,
                                          const Transaction& transaction);

/// Has the store judge and record the attempt. Where regular expressions in the store,
/// control/greylisting_allow, control/greylisting_deny, the files of `allow_lists` or the rules in
/// `suspicious_rules` can change what becomes of it, they are asked first, and nothing is recorded before.
/// Throws StoreError.
Judged judge(Store& store, Attempt attempt, const Session& session, const Settings& settings);

}  // namespace greylisting
