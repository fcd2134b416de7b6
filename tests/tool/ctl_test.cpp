// greylistctl check and migrate, its options, and the user it acts as. Messages are read here: each has to
// name what is wrong and what to do about it.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/another_user.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "version.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

void let_everybody_in(const Installation& installation) {
  for (const fs::path& directory : {installation.home(), installation.home() / "control"})
    fs::permissions(directory, fs::perms(0755));
}

void replace(const fs::path& file, const std::string& pattern, const std::string& by) {
  write_file(file, std::regex_replace(read_file(file), std::regex(pattern), by));
}

// All that a check could leave behind.
Rows records_and_lists(const Installation& installation) {
  Rows rows = installation.sql("SELECT * FROM greylisting_data ORDER BY id");
  for (Row& row : installation.sql("SELECT * FROM greylisting_lists ORDER BY id"))
    rows.push_back(std::move(row));
  return rows;
}

struct Trouble {
  std::string what;
  std::function<void(Installation&)> cause;
  int status = 0;
  std::vector<std::string> said;
};

void cause_and_check(Backend backend, const Trouble& trouble, const Arguments& before = {}) {
  INFO(name(backend) << ": " << trouble.what);
  Installation installation(backend);
  list_the_plugin(installation);
  trouble.cause(installation);
  const Result result = ctl(installation, {"check", "--verbose"}, "", before);
  CAPTURE(result.output, result.errors);
  CHECK(result.status == trouble.status);
  CHECK(result.errors.empty());
  for (const std::string& said : trouble.said) CHECK_THAT(result.output, Contains(said));
  CHECK_THAT(result.output,
             Catch::EndsWith(trouble.status == 0 ? "This installation works.\n"
                                                 : "This installation does not work as it should.\n"));
}

auto any_server() { return GENERATE(Backend::mariadb, Backend::mysql56); }

// The tables of greylisting 0.5 with a triplet that it wrote twice.
constexpr std::string_view kLayoutOf05 = R"(
DROP TABLE IF EXISTS greylisting_data, greylisting_lists, greylisting_meta;
CREATE TABLE greylisting_lists (
  id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  ipaddr varchar(43), ipaddr_start varbinary(16), ipaddr_end varbinary(16),
  ipaddr_prefixsize tinyint unsigned,
  rcpt_to varchar(255), block_expires datetime NOT NULL, record_expires datetime NOT NULL,
  create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  comment varchar(255) NOT NULL, KEY (ipaddr_start), KEY (ipaddr_end), KEY (rcpt_to(20)));
CREATE TABLE greylisting_data (
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
  relay_ip varbinary(16), mail_from varchar(255), rcpt_to varchar(255),
  block_expires datetime NOT NULL, record_expires datetime NOT NULL,
  blocked_count bigint unsigned NOT NULL DEFAULT 0, passed_count bigint unsigned NOT NULL DEFAULT 0,
  aborted_count bigint unsigned NOT NULL DEFAULT 0,
  create_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_update timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  KEY relay_ip (relay_ip), KEY mail_from (mail_from(20)), KEY rcpt_to (rcpt_to(20)));
INSERT INTO greylisting_data (relay_ip, mail_from, rcpt_to, block_expires, record_expires,
                              blocked_count, passed_count)
VALUES
  (x'c0000201', 'alice@example.net', 'bob@example.org', '2001-01-01', '9999-12-31', 1, 1),
  (x'c0000202', 'alice@example.net', 'bob@example.org', '2001-01-01', '9999-12-31', 1, 1),
  (x'c0000201', 'carol@example.net', 'bob@example.org', '2001-01-01', '9999-12-31', 1, 0);
INSERT INTO greylisting_lists (rcpt_to, block_expires, record_expires, comment)
  VALUES ('allowed.example', '2001-01-01', '9999-12-31', 'of 0.5'))";

constexpr const char* kDropTables = "DROP TABLE greylisting_data, greylisting_lists, greylisting_meta";
constexpr const char* kNewerSchema = "UPDATE greylisting_meta SET value = '6' WHERE name = 'schema_version'";

}  // namespace

TEST_CASE("check says that a working installation works, and leaves nothing behind", "[ctl]") {
  Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  list_the_plugin(installation);
  REQUIRE(logged(installation.attempt(), "reason") == "new");
  installation.add(deny_network("203.0.113.0/24"));
  REQUIRE(logged(installation.attempt({.client = "203.0.113.9"}), "reason") == "denied");

  const Rows before = records_and_lists(installation);
  REQUIRE(before.size() == 2);
  const Result result = ctl(installation, {"check", "--verbose"});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  CHECK(records_and_lists(installation) == before);
  CHECK_THAT(result.output, Contains(installation.backend() == Backend::sqlite
                                         ? "ok       store: opened greylisting/greylisting.db\n"
                                         : "ok       store: connected as control/mysql-admin.cnf says\n"));
  for (const char* const problem : {"warning", "PROBLEM", "->"})
    CHECK_THAT(result.output, !Contains(problem));
  for (const char* const said :
       {"ok       settings, as control/greylisting has them\n", "           block_expire = 55\n",
        "ok       control/smtpplugins:2: \"plugins/greylisting\" under [rcpt]\n", "ok       plugin, as ",
        ": deferred an attempt never seen before (new)\n",
        "ok       store: the record of that attempt was there, and has been removed\n",
        "ok       schema: version 5\n", "This installation works.\n"}) {
    CHECK_THAT(result.output, Contains(said));
  }
}

TEST_CASE("check names each problem of any installation and its remedy", "[ctl]") {
  const Backend backend = any_backend();
  const std::vector<Trouble> troubles{
      {"settings",
       [](Installation& it) {
         it.configure("block_expire=abc\nblock_expires=3\nnonsense\ndefer_message=later\non_error=defer");
       },
       1,
       {": block_expire: \"abc\" is not a whole number of minutes from 0 to 525600; using 5\n",
        ": \"block_expires\" is not a setting; ignoring it.", ": \"nonsense\" is not key=value; ignoring it.",
        ": defer_message: \"later\" is not an SMTP reply: it has to be 4NN",
        "; using 451 temporary failure (#4.3.0)\n", "PROBLEM  control/greylisting:",
        "           on_error = defer\n", "This installation does not work as it should.\n"}},
      {"no smtpplugins",
       [](Installation& it) { fs::remove(it.home() / "control/smtpplugins"); },
       1,
       {"PROBLEM  control/smtpplugins cannot be read by ",
        "421 unable to read controls\n         -> make the file, "
        "with the lines [rcpt] and plugins/greylisting\n"}},
      {"plugin in the wrong section, or a comment",
       [](Installation& it) {
         write_file(it.home() / "control/smtpplugins",
                    "[mail]\nplugins/greylisting\n[rcpt]\n#plugins/greylisting\n/bin/true\n");
       },
       1,
       {"PROBLEM  control/smtpplugins:2: \"plugins/greylisting\" is under [mail]",
        "         -> put the line under [rcpt]\n"}},
      {"list entries that never match",
       [](Installation& it) {
         it.add(allow_network("198.51.100.0/33"));
         it.add(allow_network("198.51.100.0/24"));
         it.add(allow_network("mail.example.net"));
       },
       0,
       {"warning  list entry 1: ipaddr '198.51.100.0/33' is not an address or network and never matches\n    "
        "     -> correct it: UPDATE greylisting_lists SET ipaddr = '…' WHERE id = 1\n",
        "warning  list entry 3: ipaddr 'mail.example.net'"}},
      {"list entries that never match and that the plugin has met",
       [](Installation& it) {
         it.add(allow_network("198.51.100.0/33"));
         it.attempt();
       },
       0,
       {"warning  list entry 1: ipaddr '198.51.100.0/33' is not an address or network and never matches\n"}},
      {"a list entry that decides for the address that is tried",
       [](Installation& it) { it.add(deny_network("2001:db8::/32")); },
       0,
       {"warning  plugin, as ",
        ": rejected an attempt never seen before (denied), of an IPv6 client\n         -> "
        "see "
        "which entry decides, and whether it means so many: greylistctl list shows lists/1\n"}},
      {"no clean-up for a week",
       [](Installation& it) {
         it.attempt();
         it.sql("UPDATE greylisting_data SET record_expires = " + it.seconds_from_now(-8 * 86400));
       },
       0,
       {"warning  clean-up: there are records that expired more than a week ago\n         -> have cron run "
        "greylistctl cleanup once an hour: greylistctl(8)\n"}},
      {"explicit",
       [](Installation& it) { it.configure("explicit=1"); },
       0,
       {"ok       plugin, as ",
        ": deferred an attempt never seen before (new), and accepted it as the settings want it "
        "(not-listed)\n"}},
      {"a newer schema",
       [](Installation& it) { it.sql(kNewerSchema); },
       1,
       {"PROBLEM  schema: version ",
        "not 5\n         -> install the program that made it, or a later one\n"}},
      {"lists missing",
       [](Installation& it) { it.sql("DROP TABLE greylisting_lists"); },
       1,
       {"PROBLEM  ", "greylisting_lists", "greylistctl migrate"}},
  };
  for (const Trouble& trouble : troubles) cause_and_check(backend, trouble);
}

TEST_CASE("check names each problem with the connection, the accounts and the tables", "[ctl]") {
  const Backend backend = any_server();
  const auto in_files = [](const std::string& pattern, const std::string& by) {
    return [=](Installation& it) {
      replace(it.home() / "control/mysql.cnf", pattern, by);
      replace(it.home() / "control/mysql-admin.cnf", pattern, by);
    };
  };
  const auto plugin = [](const Installation& it) { return '\'' + it.database() + "'@'localhost'"; };
  const auto tool = [](const Installation& it) { return '\'' + it.database() + "ctl'@'localhost'"; };
  const std::vector<Trouble> troubles{
      {"option file missing",
       [](Installation& it) { it.configure("mysql_default_file=control/missing.cnf\nmysql_admin_file="); },
       1,
       {"PROBLEM  store, as ",
        ": the MySQL option file control/missing.cnf does not exist\n         -> create it, or correct "
        "mysql_default_file\n"}},
      {"the plugin's option file missing, the tool's there",
       [](Installation& it) { it.configure("mysql_default_file=control/missing.cnf"); },
       1,
       {"PROBLEM  store, as ",
        ": the MySQL option file control/missing.cnf does not exist\n         -> create it, or correct "
        "mysql_default_file\n"}},
      {"the tool's option file missing",
       [](Installation& it) { it.configure("mysql_admin_file=control/missing.cnf"); },
       1,
       {"PROBLEM  store, as ",
        ": the MySQL option file control/missing.cnf does not exist\n         -> create it, or correct "
        "mysql_admin_file\n"}},
      {"option file readable by everybody",
       [](Installation& it) { fs::permissions(it.home() / "control/mysql.cnf", fs::perms(0644)); },
       0,
       {"warning  control/mysql.cnf: everybody can read this file and the password in it; chmod 600 it\n"}},
      {"option file writable by everybody",
       [](Installation& it) { fs::permissions(it.home() / "control/mysql.cnf", fs::perms(0622)); },
       1,
       {"PROBLEM  store, as ",
        ": the MySQL option file control/mysql.cnf can be written by everybody, so the client library "
        "ignores it\n         -> chmod 600 it\n"}},
      {"option file is a directory",
       [](Installation& it) { it.configure("mysql_default_file=control\nmysql_admin_file="); },
       1,
       {"PROBLEM  store, as ",
        ": the MySQL option file control is not a regular file\n         -> put one in its place\n"}},
      {"wrong password",
       in_files("password=.*", "password=wrong"),
       1,
       {"PROBLEM  store, as ", ": MySQL: Access denied for user '",
        "(error 1045)\n         -> correct user and password in control/mysql",
        "; sql/mysql/grants.sql creates the account; where the account has "}},
      {"no such database",
       [](Installation& it) { it.server().sql("", "DROP DATABASE " + it.database()); },
       1,
       {"PROBLEM  store, as ", ": MySQL: Unknown database '",
        "(error 1049)\n         -> name the database (database=) in control/mysql",
        "; sql/mysql/grants.sql creates it\n"}},
      {"no database named",
       in_files("database=.*", ""),
       1,
       {"PROBLEM  store, as ",
        ": MySQL: No database selected (error 1046)\n         -> name the database (database=) in "
        "control/mysql"}},
      {"somebody else's database",
       in_files("database=.*", "database=mysql"),
       1,
       {"PROBLEM  store, as ", ": MySQL: Access denied for user '",
        " to database 'mysql' (error 1044)\n         -> correct database in control/mysql"}},
      {"server down",
       in_files("socket=.*", "socket=/nowhere/mysqld.sock"),
       1,
       {"PROBLEM  store, as ", ": MySQL: ", "'/nowhere/mysqld.sock'",
        "(error 2002)\n         -> start the database, or correct socket, host and port in control/mysql"}},
      {"tables missing",
       [](Installation& it) { it.sql(kDropTables); },
       1,
       {"PROBLEM  schema: there are no tables\n         -> greylistctl migrate\n"}},
      {"tables of greylisting 0.5",
       [](Installation& it) { it.sql(kLayoutOf05); },
       1,
       {"PROBLEM  schema: that of greylisting 0.5\n         -> greylistctl migrate\n"}},
      {"the plugin's account may not write",
       [plugin](Installation& it) { it.sql("REVOKE INSERT ON " + it.database() + ".* FROM " + plugin(it)); },
       1,
       {"PROBLEM  plugin, as ", ": MySQL: INSERT", "command denied to user", "greylisting_",
        "(error 1142)\n         -> grant the account what sql/mysql/grants.sql grants "}},
      {"the tool's account may not delete",
       [tool](Installation& it) { it.sql("REVOKE DELETE ON " + it.database() + ".* FROM " + tool(it)); },
       1,
       {"PROBLEM  tool's account: ", "ctl@localhost may not clean up: MySQL: DELETE command denied to user",
        "         -> name an account that may delete in mysql_admin_file; sql/mysql/grants.sql creates "
        "one\n"}},
      {"the plugin's account may do too much",
       [plugin](Installation& it) { it.sql("GRANT ALL ON " + it.database() + ".* TO " + plugin(it)); },
       0,
       {"warning  plugin's account may do more than it needs: GRANT ALL PRIVILEGES …\n         -> SELECT, "
        "INSERT and UPDATE are enough: sql/mysql/grants.sql\n"}},
  };
  for (const Trouble& trouble : troubles) cause_and_check(backend, trouble);
}

TEST_CASE("check tells when the database's clock is not the host's", "[ctl]") {
  const Result library = run({.arguments = {"sh", "-c", "ls /usr/lib/*/faketime/libfaketime.so.1"}});
  REQUIRE(library.status == 0);
  cause_and_check(
      any_server(),
      {"clock",
       [](Installation&) {},
       0,
       {"warning  clock: the database's is 36",
        " s ahead of this host's\n         -> let both keep time by NTP; the database's is the one "
        "that counts\n"}},
      {"env", "LD_PRELOAD=" + library.output.substr(0, library.output.find('\n')), "FAKETIME=-3600s",
       "FAKETIME_DISABLE_SHM=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"});
}

TEST_CASE("check names an option file that this user cannot read", "[ctl]") {
  if (!can_be_nobody()) return;
  cause_and_check(any_server(),
                  {"option file of root",
                   let_everybody_in,
                   1,
                   {"PROBLEM  store, as ", ": the MySQL option file control/mysql",
                    ".cnf cannot be read by nobody (uid 65534) (Permission denied)\n         -> run "
                    "greylistctl as root\n"}},
                  kAsNobody);
}

TEST_CASE("check by root names what qmail-smtpd's user cannot read", "[ctl]") {
  if (!can_be_nobody()) return;
  cause_and_check(any_server(), {"the plugin's option file of root",
                                 [](Installation& it) {
                                   let_everybody_in(it);
                                   fs::remove_all(it.home() / "supervise");
                                   fs::create_directory(it.home() / "greylisting");
                                   REQUIRE(chown((it.home() / "greylisting").c_str(), kNobody, kNobody) == 0);
                                 },
                                 1,
                                 {"PROBLEM  control/mysql.cnf cannot be read by nobody (uid 65534), so "
                                  "nothing is greylisted\n         -> chown "
                                  "nobody: /"}});
}

TEST_CASE("Nothing is done with a control file that cannot be used", "[ctl]") {
  const std::string subcommand = GENERATE("check", "migrate", "cleanup");
  const bool is_directory = GENERATE(true, false);
  CAPTURE(subcommand, is_directory);
  const Installation installation(Backend::sqlite);
  const fs::path file = installation.home() / "control/greylisting";
  if (is_directory) {
    fs::remove(file);
    fs::create_directory(file);
  } else {
    fs::permissions(file, fs::perms(0666));
  }
  const Result result = ctl(installation, {subcommand});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 1);
  CHECK_THAT(
      subcommand == "check" ? result.output : result.errors,
      Contains(std::string(subcommand == "check" ? "PROBLEM  " : "greylistctl: ") + "control/greylisting: " +
               (is_directory ? "is not a regular file" : "can be written by everybody") +
               ", so nothing is greylisted; give "));
  // The store was not the wanted one.
  CHECK(fs::is_empty(installation.home() / "greylisting"));
}

TEST_CASE("check names an SQLite file or directory that cannot be used", "[ctl]") {
  cause_and_check(Backend::sqlite,
                  {"directory missing",
                   [](Installation& it) { it.configure("sqlite_file=nowhere/greylisting.db"); },
                   1,
                   {"PROBLEM  the directory nowhere is not there, so nothing is greylisted\n         -> "
                    "install -d -o root -m 700 /",
                    "PROBLEM  plugin, as ",
                    ": SQLite: nowhere/greylisting.db: unable to open database file (error 14)"}});
  cause_and_check(
      Backend::sqlite,
      {"no database",
       [](Installation& it) { write_file(it.home() / "greylisting/greylisting.db", std::string(4096, 'x')); },
       1,
       {"PROBLEM  store, as ",
        ": SQLite: greylisting/greylisting.db: file is not a database (error 26)\n         -> move it away "
        "together with what SQLite keeps beside it: greylisting/greylisting.db, "}});
  if (!can_be_nobody()) return;
  const std::vector<Trouble> of_others{
      {"directory of root",
       let_everybody_in,
       1,
       {"PROBLEM  store, as ",
        ": SQLite: greylisting/greylisting.db: unable to open database file (error 14)",
        "         -> run greylistctl as root\n"}},
      {"file of root",
       [](Installation& it) {
         it.attempt();
         let_everybody_in(it);
         fs::permissions(it.home() / "greylisting/greylisting.db", fs::perms(0644));
       },
       1,
       {"PROBLEM  store, as ",
        ": SQLite: greylisting/greylisting.db: ", "         -> run greylistctl as root\n"}},
      {"file of root in a directory of nobody",
       [](Installation& it) {
         it.attempt();
         let_everybody_in(it);
         REQUIRE(chown((it.home() / "greylisting").c_str(), kNobody, kNobody) == 0);
       },
       1,
       {"PROBLEM  store, as ",
        ": SQLite: greylisting/greylisting.db: ", "         -> run greylistctl as root\n"}},
      {"directory of nobody without a way in",
       [](Installation& it) {
         it.attempt();
         let_everybody_in(it);
         REQUIRE(chown((it.home() / "greylisting").c_str(), kNobody, kNobody) == 0);
         fs::permissions(it.home() / "greylisting", fs::perms(0));
         fs::remove_all(it.home() / "supervise");
       },
       1,
       {"PROBLEM  the directory greylisting cannot be written by nobody (uid 65534), so nothing is "
        "greylisted\n"
        "         -> chown nobody: /"}},
  };
  for (const Trouble& trouble : of_others) cause_and_check(Backend::sqlite, trouble, kAsNobody);
}

TEST_CASE("Whoever is not root and may not write to the store is told to be root", "[ctl]") {
  if (!can_be_nobody()) return;
  const Installation installation(Backend::sqlite);
  installation.attempt();
  let_everybody_in(installation);
  for (const Arguments& arguments :
       std::vector<Arguments>{{"status"},
                              {"find"},
                              {"list"},
                              {"allow", "192.0.2.1"},
                              {"cleanup"},
                              {"metrics"},
                              {"report"},
                              {"migrate"},
                              {"copy", "--from", "sqlite", "--to", "sqlite:x.db"}}) {
    const Result result = ctl(installation, arguments, "", kAsNobody);
    CAPTURE(arguments, result.output, result.errors);
    CHECK(result.status == 1);
    CHECK_THAT(result.output + result.errors, Contains("run greylistctl as root") && !Contains("chown"));
  }
}

TEST_CASE("Whoever owns an SQLite file's directory owns what root's greylistctl makes there", "[ctl]") {
  if (!can_be_nobody()) return;
  const std::string subcommand = GENERATE("check", "migrate", "cleanup");
  CAPTURE(subcommand);
  const Installation installation(Backend::sqlite);
  let_everybody_in(installation);
  const fs::path directory = installation.home() / "greylisting";
  REQUIRE(chown(directory.c_str(), kNobody, kNobody) == 0);
  fs::remove_all(installation.home() / "supervise");
  list_the_plugin(installation);
  fs::permissions(installation.home() / "plugins", fs::perms(0755));
  fs::permissions(installation.home() / "control/greylisting", fs::perms(0644));

  const Result result = ctl(installation, {subcommand});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  if (subcommand == "check") {
    CHECK_THAT(result.output,
               Contains("user: qmail-smtpd is taken to run as nobody (uid 65534), owner of greylisting\n"));
  }
  for (const auto& file : fs::directory_iterator(directory)) {
    CAPTURE(file.path());
    struct stat status = {};
    REQUIRE(stat(file.path().c_str(), &status) == 0);
    CHECK(status.st_uid == kNobody);
    CHECK(status.st_gid == kNobody);
    CHECK((status.st_mode & S_IRWXO) == 0);
  }
  CHECK(fs::exists(directory / "greylisting.db"));
  Command plugin = installation.command();
  plugin.arguments.insert(plugin.arguments.begin(), kAsNobody.begin(), kAsNobody.end());
  CHECK(logged(run(plugin), "reason") == "new");
}

TEST_CASE("migrate creates what is missing, once", "[ctl]") {
  const Backend backend = any_server();
  const std::string missing = GENERATE("greylisting_data, greylisting_lists, greylisting_meta",
                                       "greylisting_data", "greylisting_lists", "greylisting_meta");
  CAPTURE(name(backend), missing);
  const Installation installation(backend);
  installation.sql("DROP TABLE " + missing);

  const Result first = ctl(installation, {"migrate"});
  CAPTURE(first.output, first.errors);
  REQUIRE(first.status == 0);
  REQUIRE(first.output == "Created the tables.\n");
  installation.add(allow_network("203.0.113.0/24"));
  CHECK(logged(installation.attempt(), "reason") == "new");
  CHECK(logged(installation.attempt({.client = "203.0.113.9"}), "reason") == "allowed");
  const Rows before = records_and_lists(installation);

  const Result second = ctl(installation, {"migrate"});
  CHECK(second.status == 0);
  CHECK(second.output == "The schema is that of this version already; nothing was done.\n");
  CHECK(records_and_lists(installation) == before);
  list_the_plugin(installation);
  CHECK(ctl(installation, {"check"}).status == 0);
}

TEST_CASE("migrate makes an SQLite file and what is missing in it", "[ctl]") {
  // greylisting_data is made by whoever opens the file, as at its first use.
  const std::string missing = GENERATE("", "greylisting_lists", "greylisting_meta");
  CAPTURE(missing);
  const Installation installation(Backend::sqlite);
  if (!missing.empty()) installation.sql("DROP TABLE " + missing);

  const Result first = ctl(installation, {"migrate"});
  CAPTURE(first.output, first.errors);
  REQUIRE(first.status == 0);
  CHECK_THAT(first.output, Catch::StartsWith(missing == "greylisting_lists"
                                                 ? "Mended greylisting_lists, which had been dropped.\n"
                                                 : "Created the tables.\n"));
  CHECK(logged(installation.attempt(), "reason") == "new");
  const Result second = ctl(installation, {"migrate"});
  CHECK(second.status == 0);
  CHECK(second.output == "The schema is that of this version already; nothing was done.\n");
}

TEST_CASE("migrate upgrades greylisting 0.5 and keeps its rows", "[ctl]") {
  const Installation installation(any_server());
  CAPTURE(name(installation.backend()));
  installation.sql(kLayoutOf05);

  const Result first = ctl(installation, {"migrate"});
  CAPTURE(first.output, first.errors);
  CHECK(first.status == 0);
  CHECK(first.output ==
        "Upgraded the tables of greylisting 0.5. Records before: 3, triplets now: 2. List entries, all kept: "
        "1.\nnote: this cannot be taken back\n");
  CHECK(logged(installation.attempt({.recipient = "bob@allowed.example"}), "reason") == "allowed");
  CHECK(logged(installation.attempt({.sender = "alice@example.net"}), "reason") == "known");
  CHECK(logged(installation.attempt({.sender = "carol@example.net"}), "reason") == "retried");
  const Rows before = records_and_lists(installation);

  const Result second = ctl(installation, {"migrate"});
  CHECK(second.output == "The schema is that of this version already; nothing was done.\n");
  CHECK(records_and_lists(installation) == before);
}

TEST_CASE("migrate refuses a schema of a later version and changes nothing", "[ctl]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.attempt();
  installation.sql(kNewerSchema);
  const Rows before = records_and_lists(installation);
  const Result result = ctl(installation, {"migrate"});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 1);
  CHECK(result.output.empty());
  CHECK_THAT(result.errors, Catch::StartsWith("greylistctl: the schema "));
  CHECK_THAT(result.errors,
             Contains("and this program knows 5; install the program that made it, or a later one\n"));
  CHECK(records_and_lists(installation) == before);
}

TEST_CASE("migrate with the plugin's account says which rights it lacks", "[ctl]") {
  Installation installation(any_server());
  installation.sql(kDropTables);
  installation.configure("mysql_admin_file=");
  const Result result = ctl(installation, {"migrate"});
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("CREATE command denied to user"));
  CHECK_THAT(result.errors, Contains("; grant the account what sql/mysql/grants.sql grants "));
}

TEST_CASE("Subcommands other than check say on standard error what is wrong with the settings", "[ctl]") {
  const Installation installation(Backend::sqlite, "explicit=2");
  const Result result = ctl(installation, {"migrate"});
  CHECK(result.status == 0);
  CHECK_THAT(result.errors, Catch::StartsWith("greylistctl: control/greylisting:"));
  CHECK_THAT(result.errors, Contains(": explicit: \"2\" is not 0 or 1; using 0\n"));
}

TEST_CASE("The command line: what is asked for is printed, what is wrong is said with status 2", "[ctl]") {
  struct Usage {
    Arguments arguments;
    int status;
    std::vector<std::string> said;
  };
  const std::vector<Usage> usages{
      {{"--help"},
       0,
       {"check", "cleanup", "migrate", "--home", "QMAILDIR", "/var/qmail", "2 wrong usage.\n"}},
      {{"--version"}, 0, {std::string("greylistctl ").append(kVersion) + "\n"}},
      {{"check", "--help"}, 0, {"greylistctl check", "Example: greylistctl check"}},
      {{"cleanup", "--help"},
       0,
       {"--batch NUMBER:1 to 100000", "--pause", "milliseconds", "Example: greylistctl cleanup"}},
      {{"migrate", "--help"}, 0, {"Example: greylistctl migrate"}},
      {{}, 2, {"subcommand", "--help"}},
      {{"tidy"}, 2, {"tidy", "--help"}},
      {{"--nonsense", "check"}, 2, {"--nonsense", "--help"}},
      {{"check", "cleanup", "too"}, 2, {"too"}},
      {{"cleanup", "--batch", "0"}, 2, {"--batch", R"("0" is not a whole number from 1 to 100000)"}},
      {{"cleanup", "--batch", "100001"},
       2,
       {"--batch", R"("100001" is not a whole number from 1 to 100000)"}},
      {{"cleanup", "--batch", "many"}, 2, {"--batch", R"("many" is not a whole number from 1 to 100000)"}},
      {{"cleanup", "--batch"}, 2, {"--batch"}},
      {{"cleanup", "--pause", "-1"}, 2, {"--pause", R"("-1" is not a whole number from 0 to 60000)"}},
      {{"check", "--batch", "5"}, 2, {"--batch"}},
  };
  for (const Usage& usage : usages) {
    Command command{.arguments = usage.arguments, .directory = "/"};
    command.arguments.insert(command.arguments.begin(), built("greylistctl"));
    const Result result = run(command);
    CAPTURE(usage.arguments, result.output, result.errors);
    CHECK(result.status == usage.status);
    const std::string& where = usage.status == 0 ? result.output : result.errors;
    for (const std::string& said : usage.said) CHECK_THAT(where, Contains(said));
    CHECK((usage.status == 0 ? result.errors : result.output).empty());
  }
}

TEST_CASE("qmail's home is --home, or QMAILDIR", "[ctl]") {
  const Installation one(Backend::sqlite, "block_expire=11");
  const Installation other(Backend::sqlite, "block_expire=22");
  const auto block_expire = [](const Arguments& arguments, const std::string& qmaildir) {
    Command command{.arguments = arguments, .environment = {{"QMAILDIR", qmaildir}}, .directory = "/"};
    command.arguments.insert(command.arguments.begin(), built("greylistctl"));
    std::smatch match;
    const Result result = run(command);
    REQUIRE(std::regex_search(result.output, match, std::regex("block_expire = ([0-9]+)")));
    return match[1].str();
  };
  CHECK(block_expire({"--home", one.home(), "check", "--verbose"}, "") == "11");
  CHECK(block_expire({"check", "--verbose"}, one.home()) == "11");
  CHECK(block_expire({"--home", other.home(), "check", "--verbose"}, one.home()) == "22");
}

TEST_CASE("A home that is not there is named, with the ways to name another", "[ctl]") {
  const TemporaryDirectory directory;
  write_file(directory / "file", "");
  for (const auto& [home, reason] : {std::pair{directory / "missing", "No such file or directory"},
                                     std::pair{directory / "file", "Not a directory"}}) {
    const Result result = run({.arguments = {built("greylistctl"), "--home", home, "check"}});
    CHECK(result.status == 1);
    CHECK(result.output.empty());
    CHECK(result.errors == "greylistctl: cannot go to the home directory " + home.string() + ": " + reason +
                               "; name the one that has control/greylisting in it with --home or QMAILDIR\n");
  }
}

}  // namespace greylisting::test
