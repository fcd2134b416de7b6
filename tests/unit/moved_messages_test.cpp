#include "ctl/report/moved_messages.h"

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
          .is_never_retried = true};
}
Trial passed(std::uint32_t network, std::uint32_t first, std::uint32_t last) {
  return {
      .message = 1, .record = first, .network = network, .first = first, .last = last, .has_passed = true};
}

struct Case {
  std::string name;
  std::deque<Trial> trials;
  std::uint64_t in_vain = 0;
  std::uint64_t networks = 0;  // 0: none has moved
  long wait = 0;
};

const std::vector<Case> kCases{
    {"nothing", {}},
    {"one network", {in_vain(1, 10)}},
    {"the same network twice", {in_vain(1, 10), in_vain(1, 20)}},
    {"two networks, of which both were retried", {passed(1, 10, 100), passed(2, 50, 200)}},
    {"back to the first", {passed(1, 10, 100), in_vain(2, 50)}, 0, 2, 90},
    {"on to the second", {in_vain(1, 10), passed(2, 50, 200)}, 0, 2, 190},
    {"never", {in_vain(1, 10), in_vain(2, 50), in_vain(3, 70)}, 2, 3, 60},
    {"in any order", {passed(3, 70, 500), in_vain(2, 50), in_vain(1, 10)}, 1, 3, 490},
    {"a day later", {in_vain(1, 10), in_vain(2, 10 + kDay)}, 1, 2, kDay},
    {"more than a day later", {in_vain(1, 10), in_vain(2, 11 + kDay)}},
};

}  // namespace

TEST_CASE("A message has moved when it was tried from two networks before it passed", "[moved_messages]") {
  for (Case each : kCases) {
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

TEST_CASE("Messages of their own have not moved", "[moved_messages]") {
  std::deque<Trial> trials{in_vain(1, 10), in_vain(2, 20), in_vain(1, 10), in_vain(2, 20), in_vain(3, 30)};
  trials[2].message = trials[3].message = 2;
  trials[4].message = 3;
  CHECK(moved_messages(trials).size() == 2);
}

}  // namespace greylisting::ctl
