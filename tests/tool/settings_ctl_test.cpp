// greylistctl settings.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "settings/settings.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

using Catch::Contains;
using Json = nlohmann::json;

// greylistctl settings in a home whose control file has this text.
Result settings(const std::string& control, std::vector<std::string> options = {},
                std::map<std::string, std::string> variables = {}) {
  const TemporaryDirectory home;
  std::filesystem::create_directory(home / "control");
  write_file(home / "control/greylisting", control, 0644);
  Command command{.arguments = {built("greylistctl"), "--home", home.path(), "settings"},
                  .environment = std::move(variables)};
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  Result result = run(command);
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  return result;
}

LoadedSettings parsed(const std::string& text) {
  return parse_settings("control/greylisting", text, [](const char*) { return nullptr; });
}

TEST_CASE("settings shows what differs from the default, and where it is from", "[settings_ctl]") {
  CHECK(settings("# nothing\n").output == "All settings have their defaults.\n");
  const Result result = settings("# mine\nblock_expire=2\nloglevel=3\non_error=defer\ntimeout=x\n", {},
                                 {{"GLOBSERVE", "1"}, {"GLONERROR", "accept"}});
  CHECK(result.output ==
        "block_expire=2  # control/greylisting:2\n"
        "observe=1       # GLOBSERVE\n");
  CHECK_THAT(result.errors, Contains("greylistctl: control/greylisting:5: timeout: \"x\""));
}

TEST_CASE("settings: a store that follows from an option file is no setting of its own", "[settings_ctl]") {
  CHECK(settings("mysql_default_file=control/mysql.cnf\n").output ==
        "mysql_default_file=control/mysql.cnf  # control/greylisting:1\n");
  CHECK(settings("store=mysql\nmysql_default_file=x\n").output ==
        "store=mysql           # control/greylisting:1\n"
        "mysql_default_file=x  # control/greylisting:2\n");
}

TEST_CASE("settings: a record that has to live longer than its block", "[settings_ctl]") {
  CHECK(settings("block_expire=6000\n").output ==
        "block_expire=6000   # control/greylisting:1\n"
        "record_expire=8880  # has to be longer than block_expire\n");
}

TEST_CASE("settings --all is a control file that sets the same", "[settings_ctl]") {
  const std::string control = "block_expire=2\nmatch=smart\ndefer_message=450 a; b #c\nallow_lists=plain:x\n";
  const std::string all = settings(control, {"--all"}).output;
  CHECK(parsed(all).problems.empty());
  CHECK(parsed(all).settings.rows() == parsed(control).settings.rows());
  CHECK(lines(all) == kSettingCount);
  CHECK_THAT(all,
             Contains("match=smart ") && Contains("# control/greylisting:2\n") && Contains("# default\n"));
}

TEST_CASE("settings --defaults is a control file that sets nothing", "[settings_ctl]") {
  const std::string defaults = settings("block_expire=2\n", {"--defaults"}).output;
  CHECK(parsed(defaults).problems.empty());
  CHECK(parsed(defaults).settings.rows() == Settings().rows());
  CHECK_THAT(defaults, Contains("block_expire=5\n"));
  CHECK_THAT(defaults, !Contains("  # "));
}

TEST_CASE("settings --json", "[settings_ctl]") {
  const Json changed = Json::parse(settings("block_expire=2\n", {"--json"}).output);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0] == Json{{"name", "block_expire"},
                           {"variable", "GLBLOCKEXPIRE"},
                           {"value", "2"},
                           {"default", "5"},
                           {"source", "control/greylisting:1"},
                           {"meaning", "How long a new triplet is deferred."}});
  CHECK(Json::parse(settings("", {"--json"}).output).empty());
  CHECK(Json::parse(settings("", {"--json", "--all"}).output).size() == kSettingCount);
  CHECK(Json::parse(settings("block_expire=2\n", {"--json", "--defaults"}).output).size() == kSettingCount);
}

TEST_CASE("settings shows what a terminal bears", "[settings_ctl]") {
  CHECK(settings("sqlite_file=a\x1b[2J\xff\n").output ==
        "sqlite_file=a\\x1b[2J\\xff  # control/greylisting:1\n");
  CHECK(Json::parse(settings("sqlite_file=\xff\n", {"--json"}).output)[0]["value"] == "\\xff");
}

TEST_CASE("settings: --all and --defaults exclude each other", "[settings_ctl]") {
  const Result result = run({.arguments = {built("greylistctl"), "settings", "--all", "--defaults"}});
  CHECK(result.status == 2);
}

}  // namespace
}  // namespace greylisting::test
