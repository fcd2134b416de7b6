#include "verdict.h"

#include <catch2/catch.hpp>

#include "store.h"

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
    std::uint64_t entry;
    std::uint64_t pending;
  };
  for (const Case& expected :
       {Case{"denied 17", Reason::denied, 17, 0}, Case{"allowed 18", Reason::allowed, 18, 0},
        Case{"not-listed 0", Reason::not_listed, 0, 0}, Case{"throttled 500", Reason::throttled, 0, 500},
        Case{"greylist 499", Reason::unseen, 0, 499}}) {
    CAPTURE(expected.verdict);
    const Decision decision = read_verdict(expected.verdict, kAttempt);
    CHECK(decision.reason == expected.reason);
    CHECK(decision.entry == expected.entry);
    CHECK(decision.pending == expected.pending);
    CHECK(decision.left == std::chrono::seconds(expected.reason == Reason::throttled ? 420 : 0));
  }
}

TEST_CASE("read_verdict: what is none is an error that shows it", "[verdict]") {
  for (const std::string_view verdict :
       {"", " ", "denied", "denied x", "Denied 1", "deniedd 1", " denied 1", "denied 17abc", "denied 1 2"}) {
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
    std::int64_t blocked_for;
    std::int64_t left;
  };
  for (const Case& expected :
       {Case{1, Reason::unseen, 3300, 3301}, Case{2, Reason::early, 0, 1}, Case{2, Reason::early, -1, 1},
        Case{3, Reason::retried, -5, 0}, Case{4, Reason::known, -5, 0}}) {
    CAPTURE(expected.state, expected.blocked_for);
    Decision decision = read_verdict("greylist 0", kAttempt);
    add_record(decision, {.state = expected.state, .id = 9, .age = 60, .blocked_for = expected.blocked_for});
    CHECK(decision.reason == expected.reason);
    CHECK(decision.record == 9);
    CHECK(decision.age == std::chrono::seconds(60));
    CHECK(decision.left == std::chrono::seconds(expected.left));
  }
}

}  // namespace
}  // namespace greylisting
