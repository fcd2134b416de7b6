// greylistctl copy: a whole installation from one store to another, between real stores of every kind.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/stored.h"
#include "tests/support/texts.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;
using Arguments = std::vector<std::string>;

constexpr std::chrono::minutes kOverBlock{60};

// What names an installation's store on the command line.
std::string store_of(const Installation& installation) {
  return installation.backend() == Backend::sqlite
             ? "sqlite:" + (installation.home() / "greylisting/greylisting.db").string()
             : "mysql:" + (installation.home() / "control/mysql-admin.cnf").string();
}

Command copy_command(const Installation& from, const Installation& to, const Arguments& options = {}) {
  Command command{.arguments = {built("greylistctl"), "--home", from.home(), "copy", "--from", store_of(from),
                                "--to", store_of(to)}};
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  return command;
}

Result copy(const Installation& from, const Installation& to, const Arguments& options = {}) {
  return run(copy_command(from, to, options));
}

void check_copied(const Result& result) {
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
}

// A table's rows as each store shows them to a client of its own, in the same order.
std::string rows(const Installation& installation, const std::string& columns, const std::string& table,
                 const std::string& order) {
  // MySQL shows some times in the session's time zone.
  const std::string in_utc = installation.backend() == Backend::sqlite ? "" : "SET time_zone = '+00:00'; ";
  return text(installation.sql(in_utc + "SELECT " + columns + " FROM " + table + " ORDER BY " + order));
}

const std::string kRecordColumns =
    "HEX(triplet), COALESCE(HEX(relay_ip), ''), COALESCE(HEX(pending_network), ''), pool, mail_from, "
    "rcpt_to, "
    "block_expires, record_expires, blocked_count, passed_count, aborted_count, create_time, last_update";

std::string copied_rows(const Installation& installation) {
  return rows(installation, kRecordColumns, "greylisting_data", "HEX(triplet)");
}

std::string everything(const Installation& installation) {
  return rows(installation,
              "id, ipaddr, rcpt_to, block_expires, record_expires, create_time, last_update, HEX(comment)",
              "greylisting_lists", "id") +
         rows(installation,
              "id, action, kind, HEX(pattern), HEX(subject), COALESCE(HEX(network_end), ''), specificity, "
              "block_expire, reply, expires, create_time, last_update, comment",
              "greylisting_entries", "id") +
         rows(installation,
              "HEX(client), identity, COALESCE(HEX(member_of), ''), passes, counted, expires, trapped_until, "
              "create_time",
              "greylisting_clients", "HEX(client)") +
         rows(installation, "HEX(expected), who, sender, recipient, expires, create_time",
              "greylisting_expected", "HEX(expected)") +
         rows(installation, "period, kind, name, host, total", "greylisting_history",
              "period, HEX(kind), HEX(name), HEX(host)") +
         copied_rows(installation);
}

// So many records whose keys are spread, with every second value missing.
void add_spread_records(const Installation& installation, int count) {
  std::string values;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(1000 + i);
    const std::string key = std::to_string(10 + i * 89 / count) + number + "000000000000000000000000000000";
    const bool is_even = i % 2 == 0;
    values.append(i == 0 ? "" : ",")
        .append("(x'" + key.substr(0, 32) + "', " + std::to_string(100000 + i) + ", ")
        .append(is_even ? "x'c0000200', x'00ff0027'" : "NULL, NULL")
        .append(is_even ? ", 'pool.example', 'a\\x20b@example.net'" : ", NULL, ''")
        .append(", 'it''s@example.org', '2026-11-20 00:00:00', '2090-01-01 01:02:03', " + number +
                ", 0, 4294967295, '2026-01-02 03:04:05', '2026-01-02 03:04:06')");
  }
  installation.sql(
      "INSERT INTO greylisting_data (triplet, id, relay_ip, pending_network, pool, mail_from, rcpt_to, "
      "block_expires, record_expires, blocked_count, passed_count, aborted_count, create_time, last_update) "
      "VALUES " +
      values);
}

// One of every sort of row.
void fill_with_every_sort(const Installation& installation) {
  installation.attempt({.client = "192.0.2.1"});
  installation.attempt({.client = "192.0.2.2", .environment = {{"SPFRESULT", "pass"}}});
  installation.put({.action = "trap", .word = "recipient", .pattern = "trap@example.org"});
  installation.put({.action = "deny", .word = "sender", .pattern = "spam.example", .reply = "550 no"});
  installation.put({.action = "allow", .word = "client", .pattern = "198.51.100.0/24"});
  installation.put({.action = "deny", .word = "sender", .pattern = "a\xff@example.net"});
  installation.put({.action = "greylist", .word = "client", .pattern = "2001:db8::/32", .block_expire = "7"});
  installation.attempt({.client = "203.0.113.1", .recipient = "trap@example.org"});
  installation.attempt({.sender = "dave@example.org",
                        .recipient = "erin@answers.example",
                        .environment = {{"RELAYCLIENT", ""}}});
  installation.add(allow_network("198.51.7.7/24"));
  installation.add(deny_domain("closed.example"));
  installation.add({.network = "not a network"});
  installation.sql("UPDATE greylisting_lists SET comment = " +
                   std::string(installation.backend() == Backend::sqlite ? "CAST(x'42fc726f' AS TEXT)"
                                                                         : "_latin1 x'42fc726f'") +
                   " WHERE id = 1");
  installation.sql("DELETE FROM greylisting_entries WHERE id = 2");
  installation.put({.action = "deny", .word = "sender", .pattern = "spam.example", .reply = "550 no"});
  installation.sql(
      "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES "
      "('2026-11-20 01:00:00', 'hour', 'new', 'mx1', 7), ('2026-11-20 01:00:00', 'hour', 'New', '', 8), "
      "('2026-11-21 00:00:00', 'day', 'new', 'mx2', 9)");
  add_spread_records(installation, 2500);
}

// The plugin's answer to what `fill_with_every_sort` has entered and recorded.
void check_decisions(const Installation& installation) {
  const auto reason = [&installation](const Rcpt& rcpt) {
    return logged(installation.attempt(rcpt), "reason");
  };
  CHECK(reason({.client = "192.0.2.9"}) == "retried");
  CHECK(reason({.client = "198.51.0.1", .environment = {{"SPFRESULT", "pass"}}}) == "retried");
  CHECK(reason({.client = "192.0.2.1", .recipient = "other@example.org"}) == "new");
  CHECK(reason({.client = "203.0.113.9"}) == "trapped");
  CHECK(reason({.client = "198.51.100.9"}) == "allowed");
  CHECK(reason({.client = "198.51.7.8"}) == "allowed");
  CHECK(reason({.sender = "x@spam.example"}) == "denied");
  CHECK(reason({.sender = "a\xff@example.net"}) == "denied");
  CHECK(reason({.recipient = "x@closed.example"}) == "denied");
  CHECK(reason({.client = "198.51.2.1", .sender = "erin@answers.example", .recipient = "dave@example.org"}) ==
        "expected");
  // What is entered next gets a number that is free.
  const Result entered =
      run({.arguments = {built("greylistctl"), "--home", installation.home(), "allow", "192.0.2.99"}});
  CHECK_THAT(entered.output, Contains("entries/7: allow client 192.0.2.99, for ever\n"));
}

// Makes the destination fail on, or change, what is written to greylisting_data.
void break_records(const Installation& installation, const std::string& condition,
                   const std::string& change) {
  if (installation.backend() == Backend::sqlite) {
    installation.sql("CREATE TRIGGER broken AFTER INSERT ON greylisting_data WHEN " + condition + " BEGIN " +
                     (change.empty() ? "SELECT RAISE(ABORT, 'the disk is on fire')"
                                     : "UPDATE greylisting_data SET " + change + " WHERE id = NEW.id") +
                     "; END");
  } else {
    installation.sql("CREATE TRIGGER broken BEFORE INSERT ON greylisting_data FOR EACH ROW BEGIN IF " +
                     condition + " THEN " +
                     (change.empty() ? "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the disk is on fire'"
                                     : "SET NEW." + change) +
                     "; END IF; END");
  }
}

}  // namespace

TEST_CASE("A store is moved to any other, and the plugin goes on there", "[copy]") {
  const Installation from(any_backend());
  const Installation to(any_other_backend());
  CAPTURE(name(from.backend()), name(to.backend()));
  fill_with_every_sort(from);
  from.pass_time(kOverBlock);

  const Result result = copy(from, to);
  check_copied(result);
  for (const std::string line :
       {"greylisting_lists: 3 rows, checksum ", "greylisting_entries: 5 rows, checksum ",
        "greylisting_data: 2502 rows, checksum ", "greylisting_history: 3 rows, checksum "}) {
    CHECK_THAT(result.output, Contains(line));
  }
  CHECK(difference(everything(to), everything(from)) == "");
  CHECK(row_count(to, "greylisting_meta WHERE name = 'copy_from'") == "0");
  check_decisions(to);
}

TEST_CASE("A copy of a copy is what the first was", "[copy]") {
  const Installation first(any_backend());
  const Installation second(any_other_backend());
  const Installation third(first.backend());
  CAPTURE(name(first.backend()), name(second.backend()));
  fill_with_every_sort(first);
  check_copied(copy(first, second));
  check_copied(copy(second, third));
  CHECK(difference(everything(third), everything(first)) == "");
  // Checksums do not depend on the store.
  CHECK(copy(first, third, {"--compare"}).output == copy(first, second, {"--compare"}).output);
}

TEST_CASE("A copy that was broken off goes on where it was, with what has changed meanwhile", "[copy]") {
  const Installation from(any_backend());
  const Installation to(any_other_backend());
  CAPTURE(name(from.backend()), name(to.backend()));
  add_spread_records(from, 4500);
  row_count(to);  // makes the file
  break_records(to, "NEW.triplet >= x'50'", "");

  Result result = copy(from, to);
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("the disk is on fire"));
  const int done = std::stoi(row_count(to));
  CHECK(done >= 1000);
  CHECK(done < 4500);
  CHECK(done % 1000 == 0);

  // It is not taken for a whole one, and nothing else is copied there.
  const Installation other(Backend::sqlite);
  row_count(other);
  result = copy(to, other);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains(store_of(to) + " is itself an unfinished copy of " + store_of(from)));
  result = copy(other, to);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains(store_of(to) + " is an unfinished copy of " + store_of(from)));

  // SQLite numbers the rows as they come: those that stay are not written again.
  const std::string first = "SELECT id FROM greylisting_data ORDER BY triplet LIMIT 500";
  const auto before = to.sql(first);
  to.sql("DROP TRIGGER broken");
  from.sql("UPDATE greylisting_data SET passed_count = 77 WHERE blocked_count = 1600");
  from.sql("DELETE FROM greylisting_data WHERE blocked_count = 1700");
  from.attempt();
  check_copied(copy(from, to));
  CHECK(difference(copied_rows(to), copied_rows(from)) == "");
  CHECK(row_count(to) == "4500");
  CHECK(to.sql(first) == before);
}

TEST_CASE("A copy outlives the death of its destination's server", "[copy]") {
  DatabaseServer server(ServerKind::mariadb);
  server.start();
  const Installation to(server);
  const Installation from(Backend::sqlite);
  add_spread_records(from, 4500);
  // It waits at a row behind the third slice until the server is gone.
  to.sql(
      "CREATE TRIGGER waiting BEFORE INSERT ON greylisting_data FOR EACH ROW "
      "SET NEW.aborted_count = NEW.aborted_count + IF(NEW.triplet >= x'80', SLEEP(600), 0)");
  const TemporaryDirectory here;
  BackgroundProcess copying(copy_command(from, to), here / "log");
  while (row_count(to) != "3000" && copying.is_running()) {
  }
  REQUIRE(copying.is_running());
  server.stop(SIGKILL);
  CHECK(copying.wait() == 1);
  CHECK_THAT(read_file(here / "log"), Contains("see whether the database is running"));

  server.start();
  CHECK(row_count(to) == "3000");
  to.sql("DROP TRIGGER waiting");
  check_copied(copy(from, to));
  CHECK(difference(copied_rows(to), copied_rows(from)) == "");
}

TEST_CASE("What changes at the source while the rest is copied is copied, too", "[copy]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  const Installation from(backend);
  const Installation to(backend);
  CAPTURE(name(backend));
  fill_with_every_sort(from);
  // History comes last: by then the records have been written.
  const std::string source = from.database() + ".greylisting_data";
  to.sql("CREATE TRIGGER meanwhile AFTER INSERT ON greylisting_history FOR EACH ROW BEGIN UPDATE " + source +
         " SET passed_count = 5 WHERE blocked_count = 1234; DELETE FROM " + source +
         " WHERE blocked_count = 1235; INSERT IGNORE INTO " + source +
         " (triplet, id, block_expires, record_expires) "
         "VALUES (x'ff', 9, '2026-01-01 00:00:00', '2090-01-01 00:00:00'); END");
  check_copied(copy(from, to));
  CHECK(value(to, "SELECT passed_count FROM greylisting_data WHERE blocked_count = 1234") == "5");
  CHECK(difference(everything(to), everything(from)) == "");
}

TEST_CASE("Both are compared, and rows that differ are named", "[copy]") {
  const Installation from(any_backend());
  const Installation to(any_other_backend());
  CAPTURE(name(from.backend()), name(to.backend()));
  fill_with_every_sort(from);
  check_copied(copy(from, to));
  Result result = copy(from, to, {"--compare"});
  check_copied(result);
  CHECK(lines(result.output) == 6);

  struct Change {
    std::string statement;
    std::string said;
  };
  const std::string clients = row_count(to, "greylisting_clients");
  for (const Change& change : std::vector<Change>{
           {"UPDATE greylisting_entries SET comment = 'x' WHERE id = 3",
            "greylisting_entries: 1 row differs: id=3"},
           {"UPDATE greylisting_entries SET reply = '' WHERE id = 4",
            "greylisting_entries: 2 rows differ: id=3, id=4"},
           {"DELETE FROM greylisting_history WHERE total = 8",
            "greylisting_history: 1 row differs: period=2026-11-20 01:00:00 kind=hour name=New host="},
           {"UPDATE greylisting_lists SET record_expires = '9999-12-31 23:59:58' WHERE id = 2",
            "greylisting_lists: 1 row differs: id=2"},
           {"INSERT INTO greylisting_data (triplet, id, block_expires, record_expires) VALUES "
            "(x'000102030405060708090a0b0c0d0e0f', 999999, '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
            "greylisting_data: 1 row differs: triplet=000102030405060708090a0b0c0d0e0f"},
           {"UPDATE greylisting_data SET mail_from = NULL WHERE mail_from = ''",
            "greylisting_data: 1251 rows differ: triplet="},
           {"UPDATE greylisting_clients SET trapped_until = '2026-01-01 00:00:00'",
            "greylisting_clients: " + clients + " row"}}) {
    CAPTURE(change.statement);
    to.sql(change.statement);
    result = copy(from, to, {"--compare"});
    CHECK(result.status == 1);
    CHECK_THAT(result.errors, Contains("greylistctl: " + change.said));
    CHECK_THAT(result.errors, Catch::EndsWith(store_of(to) + " differs from " + store_of(from) + "\n"));
  }
  CHECK_THAT(result.output, Contains("greylisting_history: source 3 rows, checksum "));
  CHECK_THAT(result.output, Contains("; destination 2 rows, checksum "));

  result = copy(from, to);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors,
             Contains(store_of(to) + " has rows of its own; name an empty store, or have all of it "
                                     "overwritten: --overwrite; whether it is a copy already, --compare "
                                     "tells\n"));
  const Result overwritten = copy(from, to, {"--overwrite"});
  check_copied(overwritten);
  CHECK_THAT(overwritten.output, Contains(" had are overwritten; this cannot be taken back\n"));
  CHECK(difference(everything(to), everything(from)) == "");
}

TEST_CASE("A destination that does not keep what it is given is found out", "[copy]") {
  const Installation from(Backend::sqlite);
  const Installation to(any_backend());
  CAPTURE(name(to.backend()));
  add_spread_records(from, 1500);
  row_count(to);
  break_records(to, "NEW.blocked_count = 1200", "passed_count = 66");
  Result result = copy(from, to);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("greylistctl: greylisting_data: 1 row differs: triplet="));
  CHECK_THAT(result.errors, Contains("; run it again. What stays so does not fit the destination"));
  CHECK_THAT(result.output, !Contains("To have the plugin use it"));
  to.sql("DROP TRIGGER broken");
  check_copied(copy(from, to));
}

TEST_CASE("A value that does not fit is named, and keeps nothing else from being copied", "[copy]") {
  const Installation from(Backend::sqlite);
  const Installation to(GENERATE(Backend::mariadb, Backend::mysql56));
  CAPTURE(name(to.backend()));
  from.sql(
      "INSERT INTO greylisting_lists (id, rcpt_to, block_expires, record_expires, comment) VALUES "
      "(0, 'a.example', '1970-01-01 00:00:01', '9999-12-31 23:59:59', 'fits'),"
      "(7, 'b.example', 'never', '9999-12-31 23:59:59', 'x'),"
      "(8, 'c.example', '1970-01-01 00:00:01', '9999-12-31 23:59:59', '" +
      std::string(300, 'x') + "')");
  const Result result = copy(from, to);
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("greylistctl: greylisting_lists: 2 rows differ: id=7, id=8\n"));
  CHECK(rows(to, "id, rcpt_to, comment", "greylisting_lists", "id") ==
        "0 a.example fits\n7 b.example x\n8 c.example " + std::string(255, 'x') + '\n');
}

TEST_CASE("copy makes the tables of a new store, and says what to set", "[copy]") {
  Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  fill_with_every_sort(installation);
  installation.pass_time(kOverBlock);
  fs::create_directories(installation.home() / "greylisting");
  Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "copy", "--from",
                                     installation.backend() == Backend::sqlite ? "sqlite" : "mysql", "--to",
                                     "sqlite:greylisting/new.db"}});
  check_copied(result);
  CHECK_THAT(result.output, Catch::StartsWith("sqlite:greylisting/new.db: Created the tables.\n"));
  const std::string settings = "    store=sqlite\n    sqlite_file=greylisting/new.db\n";
  CHECK_THAT(result.output, Contains("To have the plugin use it, set in control/greylisting:\n" + settings));
  installation.configure(settings);
  CHECK(logged(installation.attempt({.client = "192.0.2.9"}), "reason") == "retried");

  // And to MySQL, from there.
  DatabaseServer& server = DatabaseServer::shared(ServerKind::mariadb);
  const Installation other(server);
  server.sql(other.database(),
             "DROP TABLE greylisting_data, greylisting_lists, greylisting_entries, greylisting_clients, "
             "greylisting_expected, greylisting_history, greylisting_meta");
  for (const std::string file : {"mysql.cnf", "mysql-admin.cnf"})
    write_file(installation.home() / "control" / file, read_file(other.home() / "control" / file), 0600);
  result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "copy", "--from", "sqlite",
                              "--to", "mysql:control/mysql-admin.cnf"}});
  check_copied(result);
  CHECK_THAT(result.output, Catch::StartsWith("mysql:control/mysql-admin.cnf: Created the tables.\n"));
  CHECK_THAT(result.output, Contains("    store=mysql\n    mysql_default_file=control/mysql.cnf\n"
                                     "    mysql_admin_file=control/mysql-admin.cnf\n"));
  installation.configure(
      "store=mysql\nmysql_default_file=control/mysql.cnf\nmysql_admin_file=control/mysql-admin.cnf");
  CHECK(logged(installation.attempt({.client = "192.0.2.9"}), "reason") == "known");
}

TEST_CASE("copy refuses what cannot be meant, and does nothing", "[copy]") {
  const Installation from(any_backend());
  CAPTURE(name(from.backend()));
  fill_with_every_sort(from);
  const std::string before = everything(from);
  Result result = copy(from, from, {"--overwrite"});
  CHECK(result.status == 2);
  CHECK_THAT(result.errors, Contains("are one and the same store"));
  result = copy(from, from);
  CHECK(result.status == 1);
  CHECK(difference(everything(from), before) == "");
  CHECK(row_count(from, "greylisting_meta WHERE name = 'copy_from'") == "0");

  const auto refused = [&from](const std::string& source, const std::string& destination, int status,
                               const std::string& error, const Arguments& options = {}) {
    CAPTURE(source, destination);
    Command command{.arguments = {built("greylistctl"), "--home", from.home(), "copy", "--from", source,
                                  "--to", destination}};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    const Result answer = run(command);
    CHECK(answer.status == status);
    CHECK_THAT(answer.errors, Contains(error));
    CHECK(answer.output.empty());
  };
  const std::string forms =
      " is not a store: sqlite, sqlite:FILE, mysql or mysql:OPTIONFILE; try 'greylistctl copy --help'\n";
  refused("postgres:x", "sqlite", 2, "--from: \"postgres:x\"" + forms);
  refused("sqlite:", "sqlite", 2, "--from: \"sqlite:\"" + forms);
  refused(store_of(from), "Mysql", 2, "--to: \"Mysql\"" + forms);
  refused("sqlite:none.db", "sqlite", 1, "none.db: there is no such file; name another with --from\n");
  refused(store_of(from), "sqlite:none.db", 1, "none.db: there is no such file; name another with --to\n",
          {"--compare"});
  CHECK_FALSE(fs::exists(from.home() / "none.db"));
  refused(store_of(from), "mysql:none.cnf", 1, "the MySQL option file none.cnf does not exist");
  if (from.backend() == Backend::sqlite)
    refused("mysql", "sqlite", 2, "--from: control/greylisting names no option file; write mysql:");
}

TEST_CASE("copy does not touch a database of greylisting 0.5", "[copy]") {
  const Installation from(Backend::sqlite);
  const Installation to(GENERATE(Backend::mariadb, Backend::mysql56));
  CAPTURE(name(to.backend()));
  fill_with_every_sort(from);
  to.sql(
      "DROP TABLE greylisting_data, greylisting_lists, greylisting_entries, greylisting_clients, "
      "greylisting_expected, greylisting_history, greylisting_meta; CREATE TABLE greylisting_data (id int); "
      "INSERT INTO greylisting_data VALUES (7)");
  CHECK_THAT(copy(from, to).errors, Contains(" has rows of its own; name an empty store"));
  CHECK(value(to, "SELECT id FROM greylisting_data") == "7");
  const Result result = copy(to, from, {"--overwrite"});
  CHECK(result.status == 1);
  CHECK_THAT(result.errors, Contains("greylistctl migrate"));
}

TEST_CASE("A bar shows how far copy has come, on a terminal alone", "[copy]") {
  const Installation from(Backend::sqlite);
  const Installation to(Backend::sqlite);
  fill_with_every_sort(from);
  const auto on_terminal = [&](const std::map<std::string, std::string>& environment) {
    std::string line;
    for (const std::string& word : copy_command(from, to, {"--overwrite"}).arguments)
      line += '\'' + word + "' ";
    return run({.arguments = {"script", "-qec", line, "/dev/null"}, .environment = environment});
  };
  Result result = on_terminal({});
  CAPTURE(result.output);
  CHECK(result.status == 0);
  CHECK_THAT(result.output,
             Contains("\r\033[Kcopying greylisting_data [....................]   0 %  0 of 2502"));
  CHECK_THAT(result.output,
             Contains("\r\033[Kcomparing greylisting_history [....................]   0 %  0 of 3"));
  CHECK_THAT(result.output, Contains("\r\033[Kgreylisting_data: 2502 rows"));
  result = on_terminal({{"NO_COLOR", "1"}});
  CHECK(result.status == 0);
  CHECK_THAT(result.output, !Contains("copying") && !Contains("\033"));
}

}  // namespace greylisting::test
