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
#include "tests/support/ctl.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

struct BrokenDatabase {
  std::string what;
  std::function<void(Installation&)> cause;
  std::string said;
};

// As the remedy says: statements for the server's administrator, subcommands of greylistctl.
void follow_remedy(const Installation& installation, const std::string& remedy) {
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
    const Result migrate = ctl(installation, {"migrate"});
    CAPTURE(migrate.errors);
    CHECK(migrate.status == 0);
    is_followed = true;
  }
  CHECK(is_followed);
}

void break_database_and_repair(Installation& installation, const BrokenDatabase& broken) {
  INFO(broken.what);
  broken.cause(installation);
  std::string output;
  // One problem may hide another; each is mended in turn.
  for (int i = 0; i < 3; ++i) {
    const Result check = ctl(installation, {"check"});
    CAPTURE(check.output, check.errors);
    std::smatch found;
    if (check.status == 0) break;
    if (i == 0) output = check.output;
    REQUIRE(std::regex_search(check.output, found,
                              std::regex("PROBLEM  [^\n]*\n +-> (as the|greylistctl)([^\n]*)")));
    CHECK_THAT(check.output, !Contains("greylistctl check"));
    follow_remedy(installation, found[1].str() + found[2].str());
  }
  CHECK_THAT(output, Contains(broken.said));
  const Result again = ctl(installation, {"check"});
  CAPTURE(again.output);
  CHECK(again.status == 0);
}

}  // namespace

TEST_CASE("check names what a server or an account lacks, and the remedy mends it", "[check]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  CAPTURE(name(backend));
  const auto plugin = [](const Installation& it) { return '\'' + it.database() + "'@'localhost'"; };
  const auto tool = [](const Installation& it) { return '\'' + it.database() + "ctl'@'localhost'"; };
  const std::vector<BrokenDatabase> all{
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
      {"another engine",
       [](Installation& it) {
         it.sql("ALTER TABLE greylisting_lists ENGINE=MyISAM; ALTER TABLE greylisting_data ENGINE=MyISAM");
       },
       "PROBLEM  table greylisting_lists: its engine is MyISAM"},
  };
  for (const BrokenDatabase& broken : all) {
    Installation installation(backend);
    list_the_plugin(installation);
    const Rows before = installation.sql("SELECT * FROM greylisting_lists");
    break_database_and_repair(installation, broken);
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
  REQUIRE(ctl(installation, {"check"}).status == 0);
  break_database_and_repair(
      installation, {"read-only", [](Installation& it) { it.server().sql("", "SET GLOBAL read_only = 1"); },
                     "PROBLEM  server: it takes no writes (read_only)"});
  break_database_and_repair(
      installation, {"small packets",
                     [](Installation& it) { it.server().sql("", "SET GLOBAL max_allowed_packet = 16384"); },
                     "PROBLEM  server: max_allowed_packet=16384 is too small for long addresses"});
  // No grant helps here.
  server.sql("", "SET GLOBAL tx_read_only = 1");
  const Result check = ctl(installation, {"check"});
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output, Contains("(error 1792)\n         -> as the server's administrator: SET GLOBAL "
                                    "tx_read_only = 0") &&
                               !Contains("GRANT") && !Contains("name an account"));
}

// MySQL 8 has a binary log by default, and so has whoever replicates.
TEST_CASE("tables and triggers on a server with a binary log, by the accounts of grants.sql", "[check]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  DatabaseServer server(kind, {"--log-bin=binary", "--server-id=1", "--binlog-format=MIXED"});
  const std::string first =
      "as the server's administrator: SET GLOBAL log_bin_trust_function_creators = 1; then: greylistctl "
      "migrate";
  Installation installation(server);
  list_the_plugin(installation);
  const auto refuses = [&] {
    const Result migrate = ctl(installation, {"migrate"});
    CAPTURE(migrate.output);
    CHECK(migrate.status == 1);
    CHECK_THAT(migrate.errors, Contains("(error 1419); " + first));
  };
  const auto is_missed = [&](const std::string& said) {
    const Result check = ctl(installation, {"check"});
    CAPTURE(check.output);
    CHECK(check.status == 1);
    CHECK_THAT(check.output, Contains("PROBLEM  " + said) && Contains("         -> " + first));
  };
  const auto mend = [&] {
    follow_remedy(installation, first);
    CHECK(ctl(installation, {"check"}).status == 0);
    installation.add(deny_network("198.51.100.0/24"));
    CHECK(logged(installation.attempt({.client = "198.51.100.7"}), "reason") == "denied");
    CHECK_THAT(ctl(installation, {"migrate"}).output, Contains("nothing was done"));
    server.sql("", "SET GLOBAL log_bin_trust_function_creators = 0");
  };
  SECTION("a new database") {
    for (const char* const table : {"meta", "lists", "data", "entries", "clients", "history"})
      installation.sql(std::string("DROP TABLE greylisting_") + table);
    is_missed("schema: there are no tables");
    refuses();
    is_missed("schema: its making was broken off");
    is_missed("triggers: there is none that does its work when an entry of greylisting_lists is added");
    refuses();
    mend();
  }
  SECTION("triggers that a dump has left out") {
    installation.sql("DROP TRIGGER greylisting_lists_insert; DROP TRIGGER greylisting_lists_update");
    installation.add(deny_network("203.0.113.0/24"));
    is_missed("triggers: there is none that does its work when an entry of greylisting_lists is added");
    refuses();
    mend();
    // What was added meanwhile counts, too.
    CHECK(logged(installation.attempt({.client = "203.0.113.7"}), "reason") == "denied");
  }
  SECTION("triggers of an account that is gone") {
    installation.sql(
        "DROP TRIGGER greylisting_lists_update; CREATE DEFINER = 'nobody'@'nowhere' TRIGGER "
        "greylisting_lists_update BEFORE UPDATE ON greylisting_lists FOR EACH ROW SET NEW.comment = ''");
    is_missed(
        "triggers: greylisting_lists takes no entry: MySQL: The user specified as a definer "
        "('nobody'@'nowhere') does not exist (error 1449)");
    mend();
  }
}

TEST_CASE("check names an encryption that is asked for and not had", "[check]") {
  Installation installation(Backend::mariadb);
  list_the_plugin(installation);
  const auto file = installation.home() / "control/mysql.cnf";
  write_file(file, read_file(file) + "ssl-mode=REQUIRED\n");
  const Result check = ctl(installation, {"check"});
  CAPTURE(check.output);
  CHECK(check.status == 1);
  CHECK_THAT(check.output,
             Contains("PROBLEM  plugin's connection: not encrypted, although control/mysql.cnf asks for "
                      "it\n         -> make the line ssl-enforce=1"));
  CHECK_THAT(check.output, Contains("control/mysql.cnf:6: \"ssl-mode=REQUIRED\" is ignored"));
}

// The client library goes on without a word where the server has no certificate. From 11.4 on a server makes
// one.
TEST_CASE("check names an encryption that the server does not have", "[check]") {
  DatabaseServer server(ServerKind::mariadb, {"--skip-ssl"});
  Installation installation(server);
  list_the_plugin(installation);
  const auto file = installation.home() / "control/mysql.cnf";
  const std::string before = read_file(file);
  for (const char* const line : {"ssl-enforce=1", "ssl-cipher=HIGH"}) {
    CAPTURE(line);
    write_file(file, before + line + '\n');
    const Result check = ctl(installation, {"check"});
    CAPTURE(check.output);
    CHECK(check.status == 1);
    CHECK_THAT(check.output,
               Contains("PROBLEM  plugin's connection: not encrypted, although control/mysql.cnf asks for "
                        "it\n         -> give the server a certificate"));
  }
}

}  // namespace greylisting::test
