// hand_over_test: the plugin's dynamic twin goes on where the static one has stopped: its time budget does
// not begin anew, and what has been said is not said twice.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fault.h"
#include "tests/support/silent_server.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr const char* kUnknownKey = "blokc_expire=2\n";
constexpr std::chrono::milliseconds kBudget{30000};  // what an Installation has

std::string ticks(steady_clock::time_point time) { return std::to_string(time.time_since_epoch().count()); }

// A host name of its own has the static plugin hand over. Nobody listens there.
void connect_by_name(const Installation& installation) {
  write_file(installation.home() / "control/mysql.cnf", "[client]\nuser=nobody\nhost=LOCALHOST\nport=1\n");
}

void connect_by_socket(const Installation& installation) {
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nsocket=" + (installation.home() / "s").string() + '\n');
}

bool hands_over() {
  if (read_file(built("greylisting")) != read_file(built("greylisting.dynamic"))) return true;
  WARN("SKIPPED: the plugin was built as a dynamic program, which hands nothing over");
  return false;
}

Result run_twin(const Installation& installation, const Strings& arguments) {
  Command command = guarded(installation, {.environment = {{"GLONERROR", "defer"}}});
  command.arguments.back() = built("greylisting.dynamic");
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return run(command);
}

}  // namespace

TEST_CASE("what is wrong with the settings is said once, also where the twin takes over", "[link]") {
  const Installation installation(Backend::mariadb, kUnknownKey);
  connect_by_name(installation);
  const Result result = installation.attempt();
  CAPTURE(result.errors);
  CHECK_THAT(result.errors,
             Catch::StartsWith("greylisting: control/greylisting:") && Catch::Contains("blokc_expire"));
  CHECK_THAT(result.errors, Catch::Contains("LOCALHOST"));
  CHECK(lines(result.errors) == 2);
}

TEST_CASE("the twin is told when the time budget ends", "[link]") {
  if (!hands_over()) return;
  const Installation installation(Backend::mariadb);
  connect_by_name(installation);
  fs::copy_file(built("greylisting"), installation.home() / "plugin");
  write_file(installation.home() / "plugin.dynamic", "#!/bin/sh\necho \"$# $1\"\n", 0700);
  Command command = installation.command();
  command.arguments = {"./plugin"};

  const auto before = steady_clock::now();
  const Result result = run(command);
  const auto after = steady_clock::now();
  CAPTURE(result.errors, result.output);
  REQUIRE(result.output.starts_with("1 "));
  const steady_clock::time_point end{steady_clock::duration(std::stoll(result.output.substr(2)))};
  // The timer counts in microseconds, and rounds to its own.
  CHECK(end + std::chrono::milliseconds(10) >= before + kBudget);
  CHECK(end <= after + kBudget);
}

TEST_CASE("a twin whose time is over ends at once, as on_error says", "[link]") {
  const Installation installation(Backend::mariadb);
  const SilentServer server(installation.home() / "s");
  connect_by_socket(installation);
  for (const std::string& end :
       Strings{"0", ticks(steady_clock::now() - kBudget), ticks(steady_clock::now())}) {
    const Result result = run_twin(installation, {end});
    CAPTURE(end, result.errors);
    CHECK(result.status == 0);
    CHECK(result.output == kAnswerOnError);
    CHECK_THAT(result.errors, Catch::Contains("no decision within timeout=30000 ms"));
    CHECK(lines(result.errors) == 1);
  }
}

TEST_CASE("a twin that was told nothing, or nonsense, begins as the plugin does", "[link]") {
  const Installation installation(Backend::mariadb, kUnknownKey);
  const std::string far = ticks(steady_clock::time_point::max());
  for (const Strings& arguments : std::vector<Strings>{{},
                                                       {""},
                                                       {"soon"},
                                                       {"0x1"},
                                                       {"-1"},
                                                       {"1 "},
                                                       {far + "0"},
                                                       {"0", "0"},
                                                       {ticks(steady_clock::now()) + "ns"}}) {
    const Result result = run_twin(installation, arguments);
    CAPTURE(arguments, result.errors);
    CHECK(result.output == kAnswer);
    CHECK(lines(result.errors) == 2);
  }
  // An end that is farther away than the budget is no end.
  const SilentServer server(installation.home() / "s");
  connect_by_socket(installation);
  Command command = guarded(installation, {.environment = {{"GLTIMEOUT", kWhenOver}}});
  command.arguments.back() = built("greylisting.dynamic");
  command.arguments.push_back(far);
  const Result result = run(command);
  CHECK(result.status == 0);
  CHECK_THAT(result.errors, Catch::Contains("no decision within timeout=400 ms"));
}

}  // namespace greylisting::test
