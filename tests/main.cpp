// The test program: Catch2, and a closing line that counts test cases.

#include <cstdlib>
#include <iostream>
#include <string>

#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using Listener = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
using Listener = Catch::TestEventListenerBase;
#endif

namespace {

struct CountingListener : Listener {
  using Listener::Listener;

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

int main(int count, char** arguments) {
  // What is called here of the tool draws no progress between the lines of the report.
  setenv("TERM", "dumb", 1);
  return Catch::Session().run(count, arguments);
}
