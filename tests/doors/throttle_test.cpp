// throttle_test: what one client network may have waiting, on every store.

#include <chrono>
#include <string>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/stored.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

}  // namespace

TEST_CASE("a network's new triplets are deferred without a record while as many wait as may", "[throttle]") {
  const Installation installation(any_backend(),
                                  "max_pending_per_client=3\nblock_expire=5\nrecord_expire=60");
  CAPTURE(name(installation.backend()));
  const auto reason_of = [&](const std::string& client, const std::string& recipient) {
    return logged(installation.attempt({.client = client, .recipient = recipient}), "reason");
  };
  CHECK(reason_of("192.0.2.1", "a@example.org") == "new");
  CHECK(reason_of("192.0.2.2", "b@example.org") == "new");

  // The attempt that makes the last record says so, once.
  const Result last = installation.attempt({.client = "192.0.2.3", .recipient = "c@example.org"});
  CHECK(logged(last, "reason") == "new");
  CHECK_THAT(last.errors, Catch::Contains("network 192.0.2.0/24 has 3 triplets waiting"));
  const Result over = installation.attempt({.client = "192.0.2.4", .recipient = "d@example.org"});
  CHECK(over.output == "E451 temporary failure (#4.3.0)\n");
  CHECK(logged(over, "reason") == "throttled");
  CHECK(lines(over.errors) == 1);
  CHECK(row_count(installation) == "3");

  // Its known triplets and other networks are judged as ever.
  CHECK(reason_of("192.0.2.1", "a@example.org") == "early");
  CHECK(reason_of("198.51.100.1", "d@example.org") == "new");
  CHECK(reason_of("2001:db8::1", "d@example.org") == "new");
  CHECK(row_count(installation) == "5");

  // One that passes makes room for one.
  installation.pass_time(6min);
  CHECK(reason_of("192.0.2.1", "a@example.org") == "retried");
  CHECK(reason_of("192.0.2.1", "d@example.org") == "new");
  CHECK(reason_of("192.0.2.1", "e@example.org") == "throttled");
  CHECK(reason_of("192.0.2.1", "a@example.org") == "known");

  // So do those that expire; one of them that comes again is new.
  installation.pass_time(2h);
  CHECK(reason_of("192.0.2.1", "b@example.org") == "new");
  CHECK(reason_of("192.0.2.1", "f@example.org") == "new");
  CHECK(reason_of("192.0.2.1", "g@example.org") == "new");
  CHECK(reason_of("192.0.2.1", "c@example.org") == "throttled");
}

TEST_CASE("max_pending_per_client=0 lets any number wait", "[throttle]") {
  const Installation installation(any_backend(), "max_pending_per_client=0");
  CAPTURE(name(installation.backend()));
  for (const char* const recipient : {"a@example.org", "b@example.org", "c@example.org"}) {
    CHECK(logged(installation.attempt({.recipient = recipient}), "reason") == "new");
  }
}

}  // namespace greylisting::test
