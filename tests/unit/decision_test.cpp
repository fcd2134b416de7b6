#include "judgement/decision.h"

#include <string_view>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

TEST_CASE("Decision: every reason has its word and its outcome", "[decision]") {
  struct Row {
    Reason reason;
    std::string_view word;
    Outcome outcome;
    std::string_view outcome_word;
  };
  const auto row = GENERATE(values<Row>({
      {Reason::too_many, "too-many", Outcome::deferred, "deferred"},
      {Reason::shared, "shared", Outcome::deferred, "deferred"},
      {Reason::opted_out, "opted-out", Outcome::accepted, "accepted"},
      {Reason::trusted, "trusted", Outcome::accepted, "accepted"},
      {Reason::trap, "trap", Outcome::deferred, "deferred"},
      {Reason::trapped, "trapped", Outcome::rejected, "rejected"},
      {Reason::not_suspicious, "not-suspicious", Outcome::accepted, "accepted"},
      {Reason::null_sender, "null-sender", Outcome::accepted, "accepted"},
      {Reason::not_listed, "not-listed", Outcome::accepted, "accepted"},
      {Reason::denied, "denied", Outcome::rejected, "rejected"},
      {Reason::allowed, "allowed", Outcome::accepted, "accepted"},
      {Reason::known, "known", Outcome::accepted, "accepted"},
      {Reason::retried, "retried", Outcome::accepted, "accepted"},
      {Reason::throttled, "throttled", Outcome::deferred, "deferred"},
      {Reason::early, "early", Outcome::deferred, "deferred"},
      {Reason::new_triplet, "new", Outcome::deferred, "deferred"},
  }));
  CAPTURE(row.word);
  CHECK(name(row.reason) == row.word);
  CHECK(reason_of(row.word) == row.reason);
  CHECK(outcome_of(row.reason) == row.outcome);
  CHECK(name(row.outcome) == row.outcome_word);

  Decision decision;
  decision.reason = row.reason;
  CHECK(decision.outcome() == row.outcome);
}

TEST_CASE("reason_of: a word that is no reason's", "[decision]") {
  for (const std::string_view word : {"", "unknown", "error", "New", "new "}) CHECK_FALSE(reason_of(word));
}

TEST_CASE("kReasons: each once, in their order", "[decision]") {
  for (std::size_t i = 0; i < kReasons.size(); ++i) CHECK(static_cast<std::size_t>(kReasons[i]) == i);
  CHECK(kReasons.back() == Reason::new_triplet);
}

TEST_CASE("Decision: names nothing that was not looked at", "[decision]") {
  const Decision decision;
  CHECK(decision.entry.empty());
  CHECK(decision.reply.empty());
  CHECK(decision.record == 0);
  CHECK(decision.age.count() == 0);
  CHECK(decision.left.count() == 0);
}

}  // namespace
}  // namespace greylisting
