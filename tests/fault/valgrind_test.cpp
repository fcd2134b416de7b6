// What the plugin leaves behind when it ends: no memory, no open file, and it has touched none that is not
// its own.

#include <chrono>
#include <regex>
#include <string>
#include <string_view>

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

// The plugin under valgrind, which sees the memory of the dynamic program only. Its own words go to a file.
Result run_watched(const Installation& installation, const Rcpt& rcpt, std::string& report) {
  const std::string file = (installation.home() / "valgrind").string();
  Command command = guarded(installation, rcpt);
  command.arguments = {"valgrind",
                       "--leak-check=full",
                       "--errors-for-leak-kinds=definite,possible",
                       "--track-fds=yes",
                       "--error-exitcode=99",
                       "--log-file=" + file,
                       built("greylisting.dynamic")};
  Result result = run(command);
  report = read_file(file);
  return result;
}

// Those that were opened and never closed, beside what valgrind was started with.
std::string left_open(const std::string& report) {
  static const std::regex opened(
      "Open [^\\n]*(?:descriptor|socket) [^\\n]*\\n(?![^\\n]*<inherited from parent>)[^\\n]*\\n");
  std::string all;
  for (std::sregex_iterator each(report.begin(), report.end(), opened), end; each != end; ++each)
    all += each->str();
  return all;
}

void leaves_nothing_behind(const Installation& installation, const Rcpt& rcpt, std::string_view reason) {
  std::string report;
  const Result result = run_watched(installation, rcpt, report);
  CAPTURE(reason, result.errors, report);
  CHECK(result.status == 0);
  CHECK(logged(result, "reason") == reason);
  CHECK_THAT(report, Catch::Contains("ERROR SUMMARY: 0 errors") && Catch::Contains("FILE DESCRIPTORS: "));
  CHECK(left_open(report).empty());
}

}  // namespace

TEST_CASE("the plugin leaves neither memory nor files behind", "[fault][valgrind]") {
  if (!can_be_run()) return;
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite));
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
