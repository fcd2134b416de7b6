// rules: the order of judgement (README, "How it decides"): a table of rules of which the first that fits
// decides. Nothing here asks a store, reads a file or looks at a clock.
#pragma once

#include <span>
#include <string_view>

#include "judgement/attempt.h"
#include "judgement/decision.h"
#include "judgement/facts.h"

namespace greylisting {

/// All that an attempt is judged by, and of the entries that match those that count. Refers to what it was
/// made of.
struct Case {
  const Attempt& attempt;
  const Facts& facts;
  const Evidence& evidence;
  const MatchingEntry* entry = nullptr;   // allows or denies
  const MatchingEntry* choice = nullptr;  // opts the recipient in or out
  const MatchingEntry* trap = nullptr;
  const MatchingEntry* block = nullptr;  // has a block of its own

  Case(const Attempt& from, const Facts& known, const Evidence& asked);
};

struct Rule {
  unsigned number;  // of README's table
  Reason reason;
  std::string_view when;  // in words
  bool (*fits)(const Case& of);
};

/// In the order of judgement; the last fits always.
std::span<const Rule> rules();

/// What becomes of the attempt as far as is known, by the first rule that fits, with what is to be recorded.
Decision judge(const Attempt& attempt, const Facts& facts, const Evidence& evidence);

/// What has not been asked yet and could change the decision: what passes needs only what denies or traps
/// somebody, and what is refused anything that may allow it.
enum class Question { nothing, entries, denials, allowances, rules };
Question next_question(const Decision& decision, const Case& of, bool has_deny_file);

/// What the decision is once the record has been written: another process may have been there in between.
Decision settled(Decision decision, const Facts& facts, const Recorded& recorded);

}  // namespace greylisting
