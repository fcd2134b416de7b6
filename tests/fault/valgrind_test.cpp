// What the plugin leaves behind when it ends: no memory, no open file, and it has touched none that is not
// its own.

#include <chrono>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

bool can_be_run() {
  if (kIsSanitized) {
    WARN("SKIPPED: valgrind cannot run what sanitizers watch already");
    return false;
  }
  if (run({.arguments = {"which", "valgrind"}}).status == 0) return true;
  WARN("SKIPPED: valgrind is not installed; scripts/install-packages test installs it");
  return false;
}

struct Watched {
  Result result;
  std::string report;  // valgrind's own words
};

// The plugin under valgrind, which sees the memory of the dynamic program only.
Watched run_watched(const Installation& installation, const Rcpt& rcpt,
                    const std::vector<std::string>& options) {
  const std::string file = (installation.home() / "valgrind").string();
  Command command = guarded(installation, rcpt);
  command.arguments = {"valgrind", "--log-file=" + file};
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  command.arguments.push_back(built("greylisting.dynamic"));
  Result result = run(command);
  return {std::move(result), read_file(file)};
}

// Those that were opened and never closed, beside what valgrind was started with. The plugin is started
// without a standard input, and opens that to have it taken.
std::string left_open(const std::string& report) {
  static const std::regex opened(
      "Open [^\\n]*(?:descriptor|socket) (?![012]:)[^\\n]*\\n(?![^\\n]*<inherited from parent>)[^\\n]*\\n");
  std::string all;
  for (std::sregex_iterator each(report.begin(), report.end(), opened), end; each != end; ++each)
    all += each->str();
  return all;
}

// Two runs: from version 3.24 on valgrind counts files as errors, also those that it was started with.
void leaves_nothing_behind(const Installation& installation, const Rcpt& rcpt, std::string_view reason) {
  const auto [result, memory] =
      run_watched(installation, rcpt,
                  {"--leak-check=full", "--errors-for-leak-kinds=definite,possible", "--error-exitcode=99"});
  CAPTURE(reason, result.errors, memory);
  CHECK(result.status == 0);
  CHECK(logged(result, "reason") == reason);
  CHECK_THAT(memory, Catch::Contains("ERROR SUMMARY: 0 errors"));
  const std::string files = run_watched(installation, rcpt, {"--track-fds=yes"}).report;
  CAPTURE(files);
  CHECK_THAT(files, Catch::Contains("FILE DESCRIPTORS: "));
  CHECK(left_open(files).empty());
}

}  // namespace

TEST_CASE("the plugin leaves neither memory nor files behind", "[fault][valgrind]") {
  if (!can_be_run()) return;
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  leaves_nothing_behind(installation, {}, "new");
  installation.pass_time(std::chrono::hours(1));
  leaves_nothing_behind(installation, {}, "retried");
  installation.add(deny_network("192.0.2.0/24"));
  leaves_nothing_behind(installation, {}, "denied");
  // What breaks as well.
  installation.sql("DROP TABLE greylisting_lists");
  leaves_nothing_behind(installation, {}, "");
}

}  // namespace greylisting::test
