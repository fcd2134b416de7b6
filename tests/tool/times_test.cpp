// Times as greylistctl prints and reads them: in JSON those of RFC 3339, and everything that it prints is
// read.

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

using Catch::Contains;
using Value = nlohmann::json;

const std::regex kStoredTime("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}");
const std::regex kRfc3339("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z");

// Commands have a time as a person types it.
void check_times(const Value& value, std::size_t& times, const std::string& key = "") {
  if (key == "undo" || key == "notes" || key == "remedy" || key == "commands") return;
  if (value.is_structured()) {
    for (const auto& [name, each] : value.items()) check_times(each, times, value.is_object() ? name : key);
    return;
  }
  if (!value.is_string()) return;
  const std::string text = value;
  CAPTURE(key, text);
  CHECK_FALSE(std::regex_search(text, kStoredTime));
  if (std::regex_match(text, kRfc3339)) ++times;
}

}  // namespace

TEST_CASE("JSON has its times as RFC 3339, whatever prints it", "[times]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  std::filesystem::create_directory(installation.home() / "greylisting");
  installation.attempt();
  installation.pass_time(std::chrono::hours(1));
  installation.attempt();
  struct Case {
    Arguments arguments;
    std::size_t least;  // so many times
  };
  for (const auto& [arguments, least] : std::vector<Case>{
           {{"cleanup", "--json"}, 0},
           {{"allow", "192.0.2.0/28", "--until", "2090-01-01", "--json"}, 1},
           {{"allow", "192.0.2.0/28", "--until", "2091-01-01", "--dry-run", "--json"}, 1},
           {{"list", "--json"}, 1},
           {{"export", "json"}, 1},
           {{"remove", "192.0.2.0/28", "--json"}, 1},
           {{"expect", "bob@example.org", "--json"}, 1},
           {{"list", "expected", "--json"}, 1},
           {{"remove", "expected", "bob@example.org", "--json"}, 1},
           {{"status", "--json"}, 2},
           {{"report", "--json"}, 2},
           {{"find", "--json"}, 4},
           {{"why", "alice@example.net", "--json"}, 2},
       }) {
    const Result result = ctl(installation, arguments);
    CAPTURE(arguments, result.output, result.errors);
    REQUIRE(result.status == 0);
    std::size_t times = 0;
    check_times(Value::parse(result.output), times);
    CHECK(times >= least);
  }
}

TEST_CASE("A time that JSON has is read wherever one is typed", "[times]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt();
  const auto parsed = [&](const Arguments& arguments) {
    const Result result = ctl(installation, arguments);
    CAPTURE(arguments, result.errors);
    REQUIRE(result.status == 0);
    return Value::parse(result.output);
  };
  const std::string seen = parsed({"find", "--json"})[0]["first_seen"];
  CHECK(parsed({"find", "--since", seen, "--json"}).size() == 1);
  CHECK(parsed({"find", "--since", "2090-01-01T00:00:00Z", "--json"}).empty());
  CHECK(parsed({"why", "alice", "--since", "2090-01-01T00:00:00Z", "--json"})["messages"].empty());

  const std::string until = "2090-01-01T12:00:00Z";
  CHECK(parsed({"allow", "192.0.2.9", "--until", until, "--json"})["entries"][0]["until"] == until);
  CHECK_THAT(ctl(installation, {"list"}).output, Contains(" 2090-01-01 12:00:00"));

  // Exported and imported again, and what earlier versions have exported.
  const Result exported = ctl(installation, {"export", "json"});
  REQUIRE(ctl(installation, {"remove", "192.0.2.9"}).status == 0);
  REQUIRE(ctl(installation, {"import", "json", "-"}, exported.output).status == 0);
  CHECK(parsed({"list", "--json"})[0]["until"] == until);
  REQUIRE(ctl(installation, {"import", "json", "-"},
              R"([{"action": "deny", "what": "sender", "pattern": "a.example",
                   "until": "2091-01-01 10:00:00"}])")
              .status == 0);
  CHECK(parsed({"list", "deny", "--json"})[0]["until"] == "2091-01-01T10:00:00Z");
}

TEST_CASE("A clean-up's line has its time in UTC, whatever the host's zone", "[times]") {
  const Installation installation(Backend::sqlite);
  for (const Arguments& arguments : std::vector<Arguments>{{"cleanup", "--dry-run"}, {"cleanup"}}) {
    const Result result = ctl(installation, arguments, "", {"env", "TZ=Pacific/Kiritimati"});
    CAPTURE(result.output);
    CHECK(std::regex_search(result.output, std::regex("^" + kTime + " UTC greylistctl cleanup: ")));
  }
}

}  // namespace greylisting::test
