#include "ctl/records/moved_messages.h"

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

constexpr std::uint32_t kDay = 24 * 60 * 60;

// What there is in a case of its own: a trial that was never retried, and one that passed.
Trial in_vain(std::uint32_t network, std::uint32_t first) {
  return {.message = 1,
          .record = first,
          .network = network,
          .first = first,
          .last = first,
          .minutes = 500,
          .is_never_retried = true};
}
Trial passed(std::uint32_t network, std::uint32_t first, std::uint32_t last) {
  return {.message = 1,
          .record = first,
          .network = network,
          .first = first,
          .last = last,
          .minutes = kDay / 60,
          .has_passed = true,
          .is_pass_known = true};
}
// One that passed again, so that nobody knows when it did first.
Trial known(std::uint32_t network, std::uint32_t first, std::uint32_t last) {
  Trial trial = passed(network, first, last);
  trial.is_pass_known = false;
  return trial;
}
Trial undecided(std::uint32_t network, std::uint32_t first) {
  Trial trial = in_vain(network, first);
  trial.is_never_retried = false;
  trial.is_undecided = true;
  return trial;
}

constexpr std::uint32_t kExpires = 500 * 60;  // after so long one that was never retried

struct Move {
  std::string name;
  std::deque<Trial> trials;
  std::uint64_t in_vain = 0;
  std::uint64_t networks = 0;  // 0: none has moved
  long wait = 0;
};

const std::vector<Move> kCases{
    {"nothing", {}},
    {"one network", {in_vain(1, 10)}},
    {"the same network twice", {in_vain(1, 10), in_vain(1, 20)}},
    {"two networks, of which both were retried", {passed(1, 10, 100), passed(2, 50, 200)}},
    {"back to the first", {passed(1, 10, 100), in_vain(2, 50)}, 0, 2, 90},
    {"on to the second", {in_vain(1, 10), passed(2, 50, 200)}, 0, 2, 190},
    {"never", {in_vain(1, 10), in_vain(2, 50), in_vain(3, 70)}, 2, 3, 60},
    {"in any order", {passed(3, 70, 500), in_vain(2, 50), in_vain(1, 10)}, 1, 3, 490},
    {"just before the first expires", {in_vain(1, 10), in_vain(2, 10 + kExpires)}, 1, 2, kExpires},
    {"after the first has expired", {in_vain(1, 10), in_vain(2, 11 + kExpires)}},
    {"one after the other",
     {in_vain(1, 10), in_vain(2, kExpires), in_vain(3, kExpires + 100)},
     2,
     3,
     kExpires + 90},
    {"a day after the first",
     {in_vain(1, 0), in_vain(2, kExpires), in_vain(3, 2 * kExpires), in_vain(4, kDay + 1)},
     2,
     3,
     2 * kExpires},
    {"after the first has passed", {passed(1, 10, 100), in_vain(2, 101)}},
    {"on to the second, which passed again", {in_vain(1, 10), known(2, 50, 200)}, 0, 2, 190},
    {"after the first has passed, nobody knows when", {known(1, 10, 100), in_vain(2, 200)}, 0, 2, 90},
};

}  // namespace

TEST_CASE("A message has moved when it was tried from two networks before it passed", "[moved_messages]") {
  for (Move each : kCases) {
    DYNAMIC_SECTION(each.name) {
      const auto messages = moved_messages(each.trials);
      REQUIRE(messages.size() == (each.networks > 0 ? 1 : 0));
      if (messages.empty()) continue;
      CHECK(messages[0].in_vain == each.in_vain);
      CHECK(messages[0].networks == each.networks);
      CHECK(messages[0].wait.count() == each.wait);
    }
  }
}

TEST_CASE("What became of a message is known when nothing of it is undecided", "[moved_messages]") {
  std::deque<Trial> trials{in_vain(1, 10), undecided(2, 20), passed(3, 30, 700)};
  auto messages = moved_messages(trials);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].is_undecided);
  CHECK(messages[0].never_retried == 1);
  CHECK(messages[0].failed == std::vector<std::uint64_t>{10, 20});
  CHECK(messages[0].first == 10);

  // One that may turn out never to be retried.
  trials = {undecided(1, 10), undecided(2, 20)};
  messages = moved_messages(trials);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].is_undecided);
  CHECK(messages[0].never_retried == 0);

  trials = {in_vain(1, 10), in_vain(2, 20)};
  messages = moved_messages(trials);
  REQUIRE(messages.size() == 1);
  CHECK_FALSE(messages[0].is_undecided);
  CHECK(messages[0].never_retried == 2);
}

TEST_CASE("Messages of their own have not moved", "[moved_messages]") {
  std::deque<Trial> trials{in_vain(1, 10), in_vain(2, 20), in_vain(1, 10), in_vain(2, 20), in_vain(3, 30)};
  trials[2].message = trials[3].message = 2;
  trials[4].message = 3;
  CHECK(moved_messages(trials).size() == 2);
}

}  // namespace greylisting::ctl
