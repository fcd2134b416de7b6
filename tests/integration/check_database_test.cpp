// greylistctl check against servers: what it says of the triggers, privileges and variables, and that each
// remedy mends it when it is followed to the letter.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

Result ctl(const Installation& installation, const std::string& subcommand) {
  return run(
      {.arguments = {built("greylistctl"), "--home", installation.home(), subcommand}, .directory = "/"});
}

struct Broken {
  std::string what;
  std::function<void(Installation&)> cause;
  std::string said;
};

// As the remedy says: statements for the server's administrator, subcommands of greylistctl.
void follow(const Installation& installation, const std::string& remedy) {
  CAPTURE(remedy);
  std::smatch found;
  bool is_followed = false;
  if (std::regex_search(
          remedy, found,
          std::regex("as the server's administrator: (.*?)(; then: .*|; and the same in .*|; or .*)?$"))) {
    installation.server().sql("", found[1].str());
    is_followed = true;
  }
  if (remedy.ends_with("greylistctl migrate")) {
    const Result migrate = ctl(installation, "migrate");
    CAPTURE(migrate.errors);
    CHECK(migrate.status == 0);
    is_followed = true;
  }
  CHECK(is_followed);
}

void break_and_repair(Installation& installation, const Broken& broken) {
  INFO(broken.what);
  broken.cause(installation);
  std::string output;
  // One problem may hide another; each is mended in turn.
  for (int i = 0; i < 3; ++i) {
    const Result check = ctl(installation, "check");
    CAPTURE(check.output, check.errors);
    std::smatch found;
    if (check.status == 0) break;
    if (i == 0) output = check.output;
    REQUIRE(std::regex_search(check.output, found,
                              std::regex("PROBLEM  [^\n]*\n +-> (as the|greylistctl)([^\n]*)")));
    CHECK_THAT(check.output, !Contains("greylistctl check"));
    follow(installation, found[1].str() + found[2].str());
  }
  CHECK_THAT(output, Contains(broken.said));
  const Result again = ctl(installation, "check");
  CAPTURE(again.output);
  CHECK(again.status == 0);
}

}  // namespace

TEST_CASE("check names what a server or an account lacks, and the remedy mends it", "[check]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  CAPTURE(name(backend));
  const auto plugin = [](const Installation& it) { return '\'' + it.database() + "'@'localhost'"; };
  const auto tool = [](const Installation& it) { return '\'' + it.database() + "ctl'@'localhost'"; };
  const std::vector<Broken> all{
      {"no trigger at an insert", [](Installation& it) { it.sql("DROP TRIGGER greylisting_lists_insert"); },
       "PROBLEM  triggers: there is none that does its work when an entry of greylisting_lists is added"},
      {"no trigger at an update", [](Installation& it) { it.sql("DROP TRIGGER greylisting_lists_update"); },
       "PROBLEM  triggers: there is none that does its work when an entry of greylisting_lists is changed"},
      {"a trigger whose definer is gone",
       [](Installation& it) {
         it.sql("DROP TRIGGER greylisting_lists_insert");
         it.sql(
             "CREATE DEFINER = 'nobody'@'nowhere' TRIGGER greylisting_lists_insert BEFORE INSERT ON "
             "greylisting_lists FOR EACH ROW SET NEW.ipaddr_start = NULL");
       },
       "(error 1449)"},
      {"the plugin may not insert",
       [plugin](Installation& it) { it.sql("REVOKE INSERT ON " + it.database() + ".* FROM " + plugin(it)); },
       "lacks INSERT on greylisting_data"},
      {"the plugin may not update",
       [plugin](Installation& it) { it.sql("REVOKE UPDATE ON " + it.database() + ".* FROM " + plugin(it)); },
       "lacks UPDATE on greylisting_data"},
      {"the tool may not delete",
       [tool](Installation& it) { it.sql("REVOKE DELETE ON " + it.database() + ".* FROM " + tool(it)); },
       "lacks DELETE on greylisting_data"},
      {"another engine", [](Installation& it) { it.sql("ALTER TABLE greylisting_lists ENGINE=MyISAM"); },
       "PROBLEM  table greylisting_lists: its engine is MyISAM"},
  };
  for (const Broken& broken : all) {
    Installation installation(backend);
    list_the_plugin(installation);
    const Rows before = installation.sql("SELECT * FROM greylisting_lists");
    break_and_repair(installation, broken);
    CHECK(installation.sql("SELECT * FROM greylisting_lists") == before);
    // What could not be removed ends by itself.
    CHECK(
        installation
            .sql("SELECT * FROM greylisting_data WHERE record_expires > " + installation.seconds_from_now(60))
            .empty());
    installation.add(allow_network("203.0.113.0/24"));
    CHECK(logged(installation.attempt({.client = "203.0.113.9"}), "reason") == "allowed");
  }
}

TEST_CASE("check names what is wrong with a server as a whole", "[check]") {
  DatabaseServer server(ServerKind::mariadb);
  Installation installation(server);
  list_the_plugin(installation);
  REQUIRE(ctl(installation, "check").status == 0);
  break_and_repair(installation,
                   {"read-only", [](Installation& it) { it.server().sql("", "SET GLOBAL read_only = 1"); },
                    "PROBLEM  server: it takes no writes (read_only)"});
  break_and_repair(installation,
                   {"small packets",
                    [](Installation& it) { it.server().sql("", "SET GLOBAL max_allowed_packet = 16384"); },
                    "PROBLEM  server: max_allowed_packet=16384 is too small for long addresses"});
}

TEST_CASE("check names an encryption that is asked for and not had", "[check]") {
  Installation installation(Backend::mariadb);
  list_the_plugin(installation);
  const auto file = installation.home() / "control/mysql.cnf";
  write_file(file, read_file(file) + "ssl-mode=REQUIRED\n");
  const Result check = ctl(installation, "check");
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output,
             Contains("PROBLEM  plugin's connection: not encrypted, although control/mysql.cnf asks for "
                      "it\n         -> make the line ssl-enforce=1"));
  CHECK_THAT(check.output, Contains("control/mysql.cnf:6: \"ssl-mode=REQUIRED\" is ignored"));
}

}  // namespace greylisting::test
