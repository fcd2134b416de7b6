// The test program: Catch2, and a closing line that counts test cases.

#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#include <iostream>

namespace {

struct CountingListener : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  void testRunEnded(const Catch::TestRunStats& stats) override {
    const auto& cases = stats.totals.testCases;
    // Behind the reporter's own summary, which is written when the run has ended.
    std::atexit([] { std::cout << closing_line << std::flush; });
    closing_line = std::to_string(cases.passed) + " passed, " + std::to_string(cases.failed) + " failed\n";
  }

  static inline std::string closing_line;
};

CATCH_REGISTER_LISTENER(CountingListener)

}  // namespace
