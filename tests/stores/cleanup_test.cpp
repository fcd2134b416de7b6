// scripts/greylisting_cleanup.sh, as cron runs it, on every store.

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/stored.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

Command cleanup(const fs::path& home, const Arguments& arguments = {}) {
  Command command{.arguments = {source_tree() / "scripts/greylisting_cleanup.sh"},
                  .environment = {{"GREYLISTCTL", built("greylistctl")}, {"QMAILDIR", home}},
                  .directory = "/"};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

// `count` records of clients that never came back, each with a triplet of its own.
void add_unretried(const Installation& installation, unsigned first, unsigned count,
                   const std::string& record_expires) {
  constexpr unsigned kFirstId = 1000000;
  constexpr unsigned kAtOnce = 5000;  // a packet of MySQL 5.6 holds 4 MiB
  for (unsigned done = 0; done < count; done += kAtOnce) {
    std::string rows;
    for (unsigned i = first + done; i < first + std::min(count, done + kAtOnce); ++i) {
      const std::string number = std::to_string(i);
      rows += (rows.empty() ? "" : ", ") + std::string("(x'") + std::string(32 - number.size(), '0') +
              number + "', " + std::to_string(kFirstId + i) +
              ", x'c6336401', 'a@example.com', 'b@example.org', " + record_expires + ", " + record_expires +
              ")";
    }
    installation.sql(
        "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
        "record_expires) "
        "VALUES " +
        rows);
  }
}

// The one line of a clean-up, without its date and the hours of the journal, which depend on it.
std::string line(const Result& result) {
  std::smatch match;
  const std::regex form(
      R"(^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC greylistctl cleanup: (.*); hours counted: \d+\n$)");
  return std::regex_match(result.output, match, form) ? match[1].str() : "not one line: " + result.output;
}

}  // namespace

TEST_CASE("A clean-up deletes expired records and nothing else", "[cleanup]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  add_unretried(installation, 0, 93, installation.seconds_from_now(-86400));
  add_unretried(installation, 100, 1, installation.seconds_from_now(-1));
  add_unretried(installation, 200, 1, installation.seconds_from_now(0));
  add_unretried(installation, 300, 1, installation.seconds_from_now(3600));
  add_unretried(installation, 400, 1, "'9999-12-31 23:59:59'");
  REQUIRE(logged(installation.attempt(), "reason") == "new");
  installation.add(deny_domain("denied.example"));
  installation.add({.domain = "over.example", .record_expires = "2001-01-01 00:00:00"});
  const Rows lists = installation.sql("SELECT * FROM greylisting_lists ORDER BY id");
  const std::string kept = "SELECT * FROM greylisting_data WHERE record_expires > " +
                           installation.seconds_from_now(60) + " ORDER BY triplet";
  const Rows alive = installation.sql(kept);
  REQUIRE(alive.size() == 3);

  const Result first = run(cleanup(installation.home(), {"--batch", "10", "--pause", "0"}));
  CHECK(first.status == 0);
  CHECK(line(first) == "expired records deleted: 95, clients: 0, batches: 10");
  CHECK(first.errors.empty());
  CHECK(row_count(installation) == "3");
  CHECK(installation.sql(kept) == alive);
  CHECK(installation.sql("SELECT * FROM greylisting_lists ORDER BY id") == lists);

  const Result second = run(cleanup(installation.home()));
  CHECK(second.status == 0);
  CHECK(line(second) == "expired records deleted: 0, clients: 0, batches: 0");
  CHECK(row_count(installation) == "3");
}

TEST_CASE("A number of records that fills its last batch is all deleted", "[cleanup]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  add_unretried(installation, 0, 20, installation.seconds_from_now(-5));
  CHECK(line(run(cleanup(installation.home(), {"--batch", "10"}))) ==
        "expired records deleted: 20, clients: 0, batches: 2");
}

TEST_CASE("A clean-up that cannot work says why on standard error and fails", "[cleanup]") {
  Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const bool is_sqlite = installation.backend() == Backend::sqlite;
  if (is_sqlite) {
    installation.configure("sqlite_file=nowhere/greylisting.db");
  } else {
    write_file(installation.home() / "control/mysql-admin.cnf", "[client]\nsocket=/nowhere/mysqld.sock\n");
  }
  const Result result = run(cleanup(installation.home()));
  CHECK(result.status == 1);
  CHECK(result.output.empty());
  CHECK(lines(result.errors) == 1);
  CHECK_THAT(result.errors, Catch::StartsWith("greylistctl: "));
  CHECK_THAT(
      result.errors,
      Catch::Contains(is_sqlite ? "nowhere/greylisting.db: unable to open database file (error 14); see that "
                                  "the directory nowhere is there and that it and what is in it belong to "
                                : "(error 2002); start the database, or correct socket, host and port in "
                                  "control/mysql-admin.cnf"));
}

TEST_CASE("A clean-up with the plugin's account says which right it lacks", "[cleanup]") {
  Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  installation.configure("mysql_admin_file=");
  const Result result = run(cleanup(installation.home()));
  CHECK(result.status == 1);
  CHECK(result.output.empty());
  CHECK_THAT(result.errors, Catch::Contains("DELETE command denied to user"));
  CHECK_THAT(result.errors, Catch::Contains("; grant the account what sql/mysql/grants.sql grants "));
}

TEST_CASE("The script says what it was called wrongly with", "[cleanup]") {
  const TemporaryDirectory directory;
  SECTION("no such home") {
    const Result result = run(cleanup(directory / "missing"));
    CHECK(result.status == 1);
    CHECK(result.errors == "greylistctl: cannot go to the home directory " +
                               (directory / "missing").string() +
                               ": No such file or directory; name the one that has control/greylisting in it "
                               "with --home or QMAILDIR\n");
  }
  SECTION("no such tool") {
    Command command = cleanup(directory.path());
    command.environment["GREYLISTCTL"] = directory / "greylistctl";
    const Result result = run(command);
    CHECK(result.status == 127);
    CHECK_THAT(result.errors, Catch::Contains((directory / "greylistctl").string()));
  }
  SECTION("no such option") { CHECK(run(cleanup(directory.path(), {"--bath", "10"})).status == 2); }
}

TEST_CASE("Two clean-ups do not work on one store at once", "[cleanup]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend);
  add_unretried(installation, 0, 3, installation.seconds_from_now(-5));
  const Installation other(backend);

  // Deletes one record and rests, its lock held, until it is stopped.
  BackgroundProcess holder(cleanup(installation.home(), {"--batch", "1", "--pause", "60000"}),
                           installation.home() / "log");
  while (row_count(installation) == "3") REQUIRE(holder.is_running());

  const Result refused = run(cleanup(installation.home()));
  CHECK(refused.status == 1);
  CHECK(refused.output.empty());
  CHECK(lines(refused.errors) == 1);
  CHECK_THAT(
      refused.errors,
      Catch::EndsWith(" greylistctl cleanup: another clean-up is at work on this store; nothing was done\n"));
  CHECK(row_count(installation) == "2");
  CHECK(logged(installation.attempt(), "reason") == "new");
  CHECK(line(run(cleanup(other.home()))) == "expired records deleted: 0, clients: 0, batches: 0");

  // Its lock ends with it, however it ends.
  holder.stop(9);
  Result next = run(cleanup(installation.home()));
  for (int i = 0; i < 1000 && next.status != 0; ++i) next = run(cleanup(installation.home()));
  CHECK(line(next) == "expired records deleted: 2, clients: 0, batches: 1");
}

TEST_CASE("Decisions stay right while a clean-up runs", "[cleanup]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto sender = [](const char* kind, unsigned i) {
    return Rcpt{.sender = kind + std::to_string(i) + "@example.net"};
  };
  const auto reason = [&](const Rcpt& rcpt) { return logged(installation.attempt(rcpt), "reason"); };

  constexpr unsigned kOver = 5;
  for (unsigned i = 0; i < kOver; ++i) REQUIRE(reason(sender("over", i)) == "new");
  installation.sql("UPDATE greylisting_data SET block_expires = " + installation.seconds_from_now(-7200) +
                   ", record_expires = " + installation.seconds_from_now(-1));
  REQUIRE(reason({.sender = "good@example.net"}) == "new");
  installation.sql("UPDATE greylisting_data SET block_expires = " + installation.seconds_from_now(-60) +
                   " WHERE mail_from = 'good@example.net'");
  REQUIRE(reason({.sender = "good@example.net"}) == "retried");
  add_unretried(installation, 0, 20000, installation.seconds_from_now(-86400));

  BackgroundProcess cleaner(cleanup(installation.home()), installation.home() / "log");
  unsigned rounds = 0;
  for (; cleaner.is_running(); ++rounds) {
    CHECK(reason(sender("new", rounds)) == "new");
    CHECK(reason(sender("new", rounds)) == "early");
    CHECK(reason({.sender = "good@example.net"}) == "known");
    // Deleted or still there, its life was over: it begins anew, and lives.
    CHECK(reason(sender("over", rounds % kOver)) == (rounds < kOver ? "new" : "early"));
  }
  CHECK(cleaner.wait() == 0);
  CHECK(rounds > 0);

  const std::string renewed = std::to_string(std::min(rounds, kOver));
  CHECK_THAT(read_file(installation.home() / "log"),
             Catch::Contains("greylistctl cleanup: expired records deleted: "));
  CHECK(value(installation, "SELECT COUNT(*) FROM greylisting_data WHERE mail_from LIKE 'over%'") == renewed);
  CHECK(value(installation,
              "SELECT COUNT(*) FROM greylisting_data WHERE mail_from LIKE 'new%' AND blocked_count = 2") ==
        std::to_string(rounds));
  CHECK(
      value(installation, "SELECT passed_count FROM greylisting_data WHERE mail_from = 'good@example.net'") ==
      std::to_string(rounds + 1));
  CHECK(value(installation, "SELECT COUNT(*) FROM greylisting_data WHERE mail_from = 'a@example.com'") ==
        "0");
}

TEST_CASE("A clean-up that is killed midway has counted what it has deleted, and nothing else", "[cleanup]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  constexpr unsigned kRecords = 8;
  add_unretried(installation, 0, kRecords, installation.seconds_from_now(-5));
  installation.sql("UPDATE greylisting_data SET blocked_count = 1");
  const auto counted = [&] {
    return value(installation,
                 "SELECT COALESCE(SUM(total), 0) FROM greylisting_history WHERE kind = 'record' AND name = "
                 "'never-retried'");
  };
  const auto reported = [&] {
    const Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "report"}});
    std::smatch match;
    const std::regex line("never retried +(\\d+) +100.0 %\n");
    return std::regex_search(result.output, match, line) ? match[1].str() : "none: " + result.output;
  };
  CHECK(reported() == std::to_string(kRecords));
  for (unsigned gone = 0; gone < 4;) {
    // Deletes one record and rests, unless the lock of the one before has outlived it for a moment.
    const std::string before = row_count(installation);
    BackgroundProcess cleaner(cleanup(installation.home(), {"--batch", "1", "--pause", "60000"}),
                              installation.home() / "log");
    while (cleaner.is_running() && row_count(installation) == before) continue;
    cleaner.stop(9);
    gone = kRecords - static_cast<unsigned>(std::stoul(row_count(installation)));
    CHECK(counted() == std::to_string(gone));
    CHECK(reported() == std::to_string(kRecords));
  }
  Result rest = run(cleanup(installation.home()));
  for (int i = 0; i < 1000 && rest.status != 0; ++i) rest = run(cleanup(installation.home()));
  CHECK(row_count(installation) == "0");
  CHECK(counted() == std::to_string(kRecords));
  CHECK(reported() == std::to_string(kRecords));
}

TEST_CASE("A bar shows how far a clean-up has come, on a terminal alone", "[cleanup]") {
  const Installation installation(Backend::sqlite);
  add_unretried(installation, 0, 30, installation.seconds_from_now(-60));
  std::string line;
  for (const std::string& word : cleanup(installation.home(), {"--batch", "10", "--pause", "0"}).arguments)
    line += '\'' + word + "' ";
  const Result result = run({.arguments = {"script", "-qec", line, "/dev/null"},
                             .environment = cleanup(installation.home()).environment});
  CAPTURE(result.output);
  CHECK_THAT(result.output,
             Catch::Contains("\r\033[Kdeleting expired records [....................]   0 %  0 of 30"));
  CHECK_THAT(result.output, Catch::Contains("expired records deleted: 30,"));
}

}  // namespace greylisting::test
