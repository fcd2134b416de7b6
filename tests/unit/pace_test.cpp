#include "ctl/records/pace.h"

#include <chrono>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::ctl {

using std::chrono::milliseconds;

TEST_CASE("Pace: a clean-up rests for longer than it had others wait", "[pace]") {
  Pace pace({}, {});
  CHECK(pace.rest_after({.rows = 250, .held = milliseconds(3)}) == Pace::kRest * milliseconds(3));
  CHECK(pace.rest_after({.rows = 250, .held = milliseconds(700)}) == Pace::kRest * milliseconds(700));
}

TEST_CASE("Pace: a transaction is as large as what is soon done", "[pace]") {
  Pace pace({}, {});
  CHECK(pace.rows() == Pace::kFewest);
  pace.rest_after({.rows = Pace::kFewest, .held = Pace::kTransaction / 2});
  CHECK(pace.rows() == 2 * Pace::kFewest);
  // Twice as much at most, however fast.
  pace.rest_after({.rows = pace.rows(), .held = milliseconds(0)});
  CHECK(pace.rows() == 4 * Pace::kFewest);
  // One that was not full says nothing.
  pace.rest_after({.rows = 10, .held = milliseconds(0)});
  CHECK(pace.rows() == 4 * Pace::kFewest);
  for (int i = 0; i < 10; ++i) pace.rest_after({.rows = pace.rows(), .held = milliseconds(0)});
  CHECK(pace.rows() == Pace::kMost);
  // A slow one counts, full or not.
  pace.rest_after({.rows = 10, .held = 2 * Pace::kTransaction});
  CHECK(pace.rows() == Pace::kMost / 2);
  for (int i = 0; i < 10; ++i) pace.rest_after({.rows = 10, .held = milliseconds(900)});
  CHECK(pace.rows() == Pace::kFewest);
}

TEST_CASE("Pace: the man page has its numbers", "[pace]") {
  CHECK_THAT(test::read_file(test::source_tree() / "man/greylistctl.8"),
             Catch::Contains("as many records are deleted in each as take some\n" +
                             std::to_string(Pace::kTransaction.count()) + " milliseconds, " +
                             std::to_string(Pace::kFewest) + " at least and " + std::to_string(Pace::kMost) +
                             " at most"));
}

TEST_CASE("Pace: what somebody has said counts", "[pace]") {
  Pace pace(17, 0);
  CHECK(pace.rest_after({.rows = 17, .held = milliseconds(40)}) == milliseconds(0));
  CHECK(pace.rows() == 17);
}

}  // namespace greylisting::ctl
