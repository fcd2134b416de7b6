// A client that tries recipients and senders at random, many at a time.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {

TEST_CASE("a client that tries many at random fills no more than its share of the store", "[fault]") {
  constexpr int kAtATime = 16;
  constexpr int kMost = 20;
  const Installation installation(any_backend(), "max_pending_per_client=" + std::to_string(kMost));
  CAPTURE(name(installation.backend()));
  decides(installation, "new");

  std::atomic<int> next = 0;
  std::atomic<int> wrong = 0;
  std::atomic<int> recorded = 1;
  std::atomic<int> throttled = 0;
  {
    std::vector<std::jthread> client;
    client.reserve(kAtATime);
    for (int thread = 0; thread < kAtATime; ++thread) {
      client.emplace_back([&] {
        for (int i = 0; (i = next++) < 15 * kAtATime;) {
          const std::string word = std::to_string(i);
          const Result result = run(guarded(installation, {.client = "192.0.2." + word,
                                                           .sender = "s" + word + "@example.net",
                                                           .recipient = "r" + word + "@example.org"}));
          const std::string reason = logged(result, "reason");
          if (result.status != 0 || result.output != kAnswer) ++wrong;
          if (reason == "new") ++recorded;
          if (reason == "throttled") ++throttled;
        }
      });
    }
  }
  CHECK(wrong == 0);
  CHECK(recorded + throttled == 15 * kAtATime + 1);
  // Those that count the records at the same time may all find room for one more.
  CHECK(recorded >= kMost);
  CHECK(recorded < kMost + kAtATime);
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{std::to_string(recorded)}});
  // Whoever is known already is judged as ever, and so is another network.
  decides(installation, "early");
  CHECK(logged(run(guarded(installation, {.client = "198.51.100.1"})), "reason") == "new");
}

}  // namespace greylisting::test
