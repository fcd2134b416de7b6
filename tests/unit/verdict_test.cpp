#include "judgement/verdict.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"
#include "tests/support/catch.h"

namespace greylisting {
namespace {

const Attempt kAttempt{.triplet = {.client = *IpAddress::parse("192.0.2.1"),
                                   .network = *Network::parse("192.0.2.0/24"),
                                   .sender = Address::sender("a@example.org"),
                                   .recipient = Address::recipient("b@example.net")},
                       .block_expire = std::chrono::minutes(7)};

TEST_CASE("read_verdict: every word, and what its number is", "[verdict]") {
  struct Case {
    std::string_view verdict;
    Reason reason;
    std::string entry;
    std::uint64_t pending;
  };
  for (const Case& expected :
       {Case{"opted-out entries/4 envelope", Reason::opted_out, "entries/4", 0},
        Case{"denied lists/17 client", Reason::denied, "lists/17", 0},
        Case{"allowed entries/18 envelope", Reason::allowed, "entries/18", 0},
        Case{"not-listed 0", Reason::not_listed, "", 0}, Case{"trusted 0", Reason::trusted, "", 0},
        Case{"trap entries/2 envelope", Reason::trap, "entries/2", 0},
        Case{"trapped 0", Reason::trapped, "", 0}, Case{"not-suspicious 0", Reason::not_suspicious, "", 0},
        Case{"null-sender 0", Reason::null_sender, "", 0}, Case{"shared 0", Reason::shared, "", 0},
        Case{"throttled 500", Reason::throttled, "", 500}, Case{"greylist 499", Reason::unseen, "", 499}}) {
    CAPTURE(expected.verdict);
    const Decision decision = read_verdict(expected.verdict, kAttempt);
    CHECK(decision.reason == expected.reason);
    CHECK(decision.entry == expected.entry);
    CHECK(decision.pending == expected.pending);
    CHECK(decision.left == std::chrono::seconds(0));
    CHECK(asked_by(expected.verdict).first == Asked::nothing);
  }
}

TEST_CASE("asked_by: what is asked before there is a verdict", "[verdict]") {
  CHECK(asked_by("ask 1 317") == std::pair(Asked::denials, std::string("317")));
  CHECK(asked_by("ask 2 0") == std::pair(Asked::everything, std::string("0")));
  CHECK(asked_by("").first == Asked::nothing);
  CHECK_THROWS_AS(read_verdict("ask 1 317", kAttempt), StoreError);
}

TEST_CASE("read_verdict: the attempt's own match", "[verdict]") {
  Attempt attempt = kAttempt;
  attempt.match = {
      .specificity = 732, .denies = true, .entry = "control/greylisting_deny:3", .reply = "550 no"};
  const Decision decision = read_verdict("denied outside/0 envelope", attempt);
  CHECK(decision.entry == "control/greylisting_deny:3");
  CHECK(decision.reply == "550 no");
  CHECK_THROWS_AS(read_verdict("denied outside/0 envelope", kAttempt), StoreError);
}

TEST_CASE("read_verdict: nothing holds for the session where a file denies", "[verdict]") {
  Attempt attempt = kAttempt;
  attempt.files.deny = true;
  CHECK_FALSE(read_verdict("allowed lists/3 client", attempt).holds_for_session);
  CHECK_FALSE(read_verdict("trusted 1", attempt).holds_for_session);
}

TEST_CASE("add_wait: as long as a new triplet, for who is deferred without a record", "[verdict]") {
  for (const auto& [verdict, left] : std::vector<std::pair<std::string_view, int>>{
           {"trap entries/2 envelope", 421}, {"throttled 500", 421}, {"trapped 0", 0}, {"trusted 0", 0}}) {
    CAPTURE(verdict);
    Decision decision = read_verdict(verdict, kAttempt);
    add_wait(decision, 420);
    CHECK(decision.left == std::chrono::seconds(left));
  }
}

TEST_CASE("read_verdict: an entry's reply, and what holds for the session", "[verdict]") {
  const Decision denied = read_verdict("denied entries/3 envelope 550 no thank you", kAttempt);
  CHECK(denied.entry == "entries/3");
  CHECK(denied.reply == "550 no thank you");
  CHECK_FALSE(denied.holds_for_session);
  CHECK_FALSE(read_verdict("denied lists/3 client", kAttempt).holds_for_session);
  CHECK(read_verdict("allowed lists/3 client", kAttempt).holds_for_session);
  CHECK_FALSE(read_verdict("allowed lists/3 envelope", kAttempt).holds_for_session);
  CHECK(read_verdict("trusted 1", kAttempt).holds_for_session);
  CHECK_FALSE(read_verdict("trusted 0", kAttempt).holds_for_session);
  CHECK_FALSE(read_verdict("greylist 1", kAttempt).holds_for_session);
  CHECK(read_verdict("trap mx/0 envelope", kAttempt).entry == "low_priority_mx");
}

TEST_CASE("exempting_verdict: is read as the reason it is made of", "[verdict]") {
  for (const Reason reason : {Reason::not_suspicious, Reason::null_sender})
    CHECK(read_verdict(exempting_verdict(reason), kAttempt).reason == reason);
}

TEST_CASE("read_verdict: what is none is an error that shows it", "[verdict]") {
  for (const std::string_view verdict :
       {"", " ", "denied", "denied x", "Denied lists/1", "deniedd lists/1", " denied lists/1",
        "denied lists/17abc", "denied lists/1 2", "denied 17", "denied list/17 client",
        "denied lists/ client", "denied lists/1", "allowed lists/1 both", "denied lists/x client",
        "throttled lists/1", "throttled x"}) {
    CAPTURE(verdict);
    CHECK_THROWS_AS(read_verdict(verdict, kAttempt), StoreError);
  }
  CHECK_THROWS_WITH(read_verdict("a\nb 1", kAttempt), Catch::Contains("a\\x0ab"));
}

TEST_CASE("add_record: the state says the reason, and a deferred triplet how long it has to wait",
          "[verdict]") {
  struct Case {
    std::int64_t state;
    Reason reason;
    bool is_first_retry;
    std::int64_t blocked_for;
    std::int64_t left;
  };
  for (const Case& expected : {Case{1, Reason::unseen, false, 3300, 3301}, Case{2, Reason::early, true, 0, 1},
                               Case{2, Reason::early, true, -1, 1}, Case{3, Reason::early, false, 0, 1},
                               Case{4, Reason::retried, true, -5, 0}, Case{5, Reason::retried, false, -5, 0},
                               Case{6, Reason::known, false, -5, 0}}) {
    CAPTURE(expected.state, expected.blocked_for);
    Decision decision = read_verdict("greylist 0", kAttempt);
    add_record(decision, {.state = expected.state, .id = 9, .age = 60, .blocked_for = expected.blocked_for});
    CHECK(decision.reason == expected.reason);
    CHECK(decision.is_first_retry == expected.is_first_retry);
    CHECK(decision.record == 9);
    CHECK(decision.age == std::chrono::seconds(60));
    CHECK(decision.left == std::chrono::seconds(expected.left));
  }
}

}  // namespace
}  // namespace greylisting
