#include "ctl/records/tally.h"

#include <chrono>

#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

TEST_CASE("stepped: steps that grow with the duration", "[tally]") {
  struct Case {
    seconds duration;
    seconds step;
  };
  for (const Case& expected : {Case{0s, 0s}, Case{4s, 0s}, Case{5s, 5s}, Case{599s, 595s}, Case{600s, 10min},
                               Case{659s, 10min}, Case{7199s, 119min}, Case{2h, 2h}, Case{2h + 299s, 2h},
                               Case{12h - 1s, 715min}, Case{12h + 59min, 12h}, Case{800h + 1s, 800h}}) {
    CAPTURE(expected.duration.count());
    CHECK(stepped(expected.duration) == expected.step);
  }
}

TEST_CASE("percentile: the nearest rank", "[tally]") {
  CHECK_FALSE(percentile({}, 50));
  CHECK(percentile({{10s, 1}}, 50) == 10s);
  CHECK(percentile({{10s, 1}}, 95) == 10s);
  const Durations durations{{10s, 1}, {20s, 1}, {30s, 1}, {40s, 1}};
  CHECK(percentile(durations, 50) == 20s);
  CHECK(percentile(durations, 51) == 30s);
  CHECK(percentile(durations, 95) == 40s);
  CHECK(percentile({{10s, 19}, {20s, 1}}, 95) == 10s);
  CHECK(percentile({{10s, 18}, {20s, 2}}, 95) == 20s);
}

TEST_CASE("Tally: counts lines by reason, and what waited and what came back", "[tally]") {
  Tally tally;
  for (const JournalLine& line :
       {JournalLine{.reason = Reason::new_triplet}, JournalLine{.reason = Reason::new_triplet},
        JournalLine{.reason = Reason::early, .age = 61s, .is_first_retry = true},
        JournalLine{.reason = Reason::early, .age = 90s}, JournalLine{.reason = Reason::retried, .age = 301s},
        JournalLine{.reason = Reason::retried, .age = 304s, .is_first_retry = true},
        JournalLine{.reason = Reason::known, .age = 9999s}, JournalLine{.reason = Reason::denied},
        JournalLine{}})
    tally.add(line);
  CHECK(tally.of(Reason::new_triplet) == 2);
  CHECK(tally.of(Reason::throttled) == 0);
  CHECK(tally.of(Outcome::deferred) == 4);
  CHECK(tally.of(Outcome::accepted) == 3);
  CHECK(tally.of(Outcome::rejected) == 1);
  CHECK(tally.errors() == 1);
  CHECK(tally.waits == Durations{{300s, 2}});
  CHECK(tally.first_retries == Durations{{60s, 1}, {300s, 1}});

  Tally twice = tally;
  twice.add(tally);
  CHECK(twice.of(Reason::new_triplet) == 4);
  CHECK(twice.errors() == 2);
  CHECK(total(twice.waits) == 4);
  CHECK(twice.first_retries == Durations{{60s, 2}, {300s, 2}});
}

}  // namespace
}  // namespace greylisting::ctl
