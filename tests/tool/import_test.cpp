// greylistctl import: what jgreylist, Postgrey and SQLgrey know. Their databases are made by Debian's own
// programs.

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/greylisters.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

Result import(const Installation& installation, const std::string& form, const fs::path& from,
              const std::vector<std::string>& options = {}) {
  std::vector<std::string> arguments{"env",
                                     "PATH=" + greylisters_programs().string() + ":/usr/bin:/bin",
                                     built("greylistctl"),
                                     "--home",
                                     installation.home(),
                                     "import",
                                     form,
                                     from};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run({.arguments = arguments});
}

// What greylisting-front says to the client.
std::string met(const Installation& installation, const std::string& client, const std::string& by_address) {
  return run({.arguments = {built("greylisting-front"), "--home", installation.home(), "echo", "passed"},
              .environment = {{"TCPREMOTEIP", client}, {"JGREYLIST_BY_IP", by_address}}})
      .output;
}

void make(const fs::path& file, std::time_t accessed, std::time_t modified) {
  write_file(file, "");
  const timespec times[] = {{.tv_sec = accessed, .tv_nsec = 0}, {.tv_sec = modified, .tv_nsec = 0}};
  REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

std::string dumped(const fs::path& database) {
  return run({.arguments = {"sqlite3", database, ".dump"}}).output;
}

}  // namespace

TEST_CASE("import jgreylist: who came again is known, and who did not waits", "[import]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend);
  const TemporaryDirectory tree;
  const std::time_t now = std::time(nullptr);
  make(tree / "192/000/002", now - 3 * kDay, now - 90 * kDay);
  make(tree / "203/000/113/007", now - kDay, now - kDay - 120);
  make(tree / "203/000/112", now - 37 * kDay, now - 90 * kDay);
  // Once, or again too early.
  make(tree / "198/051/100", now - 60, now - 60);
  make(tree / "198/051/101", now - 3600, now - 3719);
  make(tree / "198/051/102", now - 3 * kDay, now - 3 * kDay);

  const std::string from = " 4 records from " + tree.path().string() + ": ";
  const Result dry = import(installation, "jgreylist", tree.path(), {"--dry-run"});
  CHECK(dry.status == 0);
  CHECK(dry.output ==
        "would import" + from + "4 new, 0 there already, 2 expired and left out, 0 not understood\n");
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data").at(0).at(0) == "0");

  CHECK(
      import(installation, "jgreylist", tree.path()).output ==
      "imported" + from +
          "4 new, 0 there already, 2 expired and left out, 0 not understood\n"
          "note: imported records and passes expire by themselves; greylistctl forget --client NETWORK takes "
          "those of a network back\n");
  CHECK(import(installation, "jgreylist", tree.path()).output ==
        "imported" + from + "0 new, 4 there already, 2 expired and left out, 0 not understood\n");
  CHECK(text(installation.sql("SELECT mail_from, rcpt_to, blocked_count, passed_count FROM greylisting_data "
                              "WHERE relay_ip = x'c0000200'")) == "  0 1\n");
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_data WHERE record_expires BETWEEN " +
                              installation.seconds_from_now(static_cast<int>(33 * kDay - 3600)) + " AND " +
                              installation.seconds_from_now(static_cast<int>(33 * kDay + 3600)))) == "1\n");

  CHECK(met(installation, "192.0.2.77", "") == "passed\n");
  CHECK(met(installation, "203.0.113.7", "1") == "passed\n");
  CHECK(met(installation, "203.0.113.8", "1") != "passed\n");
  CHECK(met(installation, "203.0.112.1", "") != "passed\n");
  // Nobody waits longer than jgreylist would have had it.
  CHECK(met(installation, "198.51.101.1", "") == "passed\n");
  CHECK(met(installation, "198.51.102.1", "") != "passed\n");
  CHECK(met(installation, "198.51.100.1", "") != "passed\n");
  installation.pass_time(std::chrono::minutes(2));
  CHECK(met(installation, "198.51.100.1", "") == "passed\n");
  CHECK(text(installation.sql("SELECT passed_count FROM greylisting_data WHERE relay_ip = x'c6336400'")) ==
        "1\n");
}

TEST_CASE("import jgreylist: without times of access everybody is known, which is said", "[import]") {
  const Installation installation(Backend::sqlite);
  const TemporaryDirectory tree;
  const std::time_t now = std::time(nullptr);
  make(tree / "192/000/002", now, now);
  make(tree / "198/051/100", now - 20 * kDay, now - kDay);
  const Result result = import(installation, "jgreylist", tree.path());
  CHECK(result.status == 0);
  CHECK_THAT(result.output, Contains(": 2 new, ") &&
                                Contains("note: no file in " + tree.path().string() +
                                         " has a time of access after that of its making, as on a file "
                                         "system without these (noatime), so that every client is taken for "
                                         "one that has passed\n"));
  CHECK(met(installation, "192.0.2.77", "") == "passed\n");
  CHECK(met(installation, "198.51.100.77", "") == "passed\n");
}

TEST_CASE("import jgreylist: what is no client is said", "[import]") {
  const Installation installation(Backend::sqlite, "ipv4_prefix=32\n");
  const TemporaryDirectory tree;
  const std::time_t now = std::time(nullptr);
  make(tree / "192/000/002", now, now);
  make(tree / "192/000/2", now, now);
  make(tree / "192/000/256", now, now);
  make(tree / "192/001", now, now);
  make(tree / "README", now, now);
  fs::create_symlink("/etc/passwd", tree / "010");
  const Result result = import(installation, "jgreylist", tree.path());
  CHECK(result.status == 1);
  CHECK(lines(result.errors) == 5);
  CHECK_THAT(result.errors, Contains("greylistctl: " + (tree / "192/000/256").string() +
                                     ": is no file of a client (192/000/002 or 192/000/002/007)\n"));
  CHECK_THAT(result.output, Contains("1 new, 0 there already, 5 not understood\n") &&
                                Contains("note: jgreylist knows networks of /24, and ipv4_prefix is 32"));

  const Result missing = import(installation, "jgreylist", tree / "missing");
  CHECK(missing.status == 1);
  CHECK_THAT(missing.errors, Contains("missing: cannot be read (") && Contains("JGREYLIST_DIR"));
  const Result action = import(installation, "jgreylist", tree.path(), {"--action", "deny"});
  CHECK(action.status == 2);
  CHECK_THAT(action.errors, Contains("--action: "));
}

TEST_CASE("import postgrey-db: nobody whom Postgrey knows waits", "[import]") {
  const Backend backend = any_backend();
  CAPTURE(name(backend));
  const Installation installation(backend, "block_expire=5\nrecord_expire=2880\n");
  Postgrey postgrey;
  const std::time_t now = std::time(nullptr);
  const auto retried = [&](const std::string& client, const std::string& sender, const std::string& recipient,
                           std::time_t first) {
    CHECK_THAT(postgrey.ask({client, sender, recipient, first}), Contains("DEFER"));
    CHECK_THAT(postgrey.ask({client, sender, recipient, first + 400}), Contains("PREPEND"));
  };
  retried("192.0.2.7", "alice@example.net", "bob@example.org", now - kDay);
  retried("192.0.2.7", "", "bob@example.org", now - 20 * kDay);
  retried("2001:db8:1:2:3::4", "Al/x@EXAMPLE.net", "bob+x@example.org", now - kDay);
  retried("198.51.100.9", "bounce-123@example.com", "bob@example.org", now - kDay);
  retried("192.0.2.7", "alice@example.net", "long-ago@example.org", now - 40 * kDay);
  for (int i = 0; i < 5; ++i)
    retried("203.0.113.5", "carol@example.net", std::to_string(i) + "@example.org", now - kDay + i * 4000);
  CHECK_THAT(postgrey.ask({"192.0.2.7", "new@example.net", "bob@example.org", now - 100}), Contains("DEFER"));
  CHECK_THAT(postgrey.ask({"192.0.2.7", "gone@example.net", "bob@example.org", now - 3 * kDay}),
             Contains("DEFER"));

  // What Postgrey has written is in its memory alone while it runs.
  const bool is_running = GENERATE(true, false);
  if (!is_running) postgrey.stop();
  const std::string tail = " from " + postgrey.databases().string() +
                           ": 10 new, 0 there already, 2 expired and "
                           "left out, 0 not understood\n";
  const Result dry = import(installation, "postgrey-db", postgrey.databases(), {"--dry-run"});
  CHECK(dry.errors.empty());
  CHECK_THAT(dry.output, Contains("would import 10 records" + tail));
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data").at(0).at(0) == "0");
  const Result done = import(installation, "postgrey-db", postgrey.databases());
  CHECK(done.status == 0);
  CHECK_THAT(done.output, Contains("imported 10 records" + tail));
  CHECK_THAT(import(installation, "postgrey-db", postgrey.databases()).output,
             Contains(": 0 new, 10 there already, 2 expired"));

  CHECK(reason(installation, {"192.0.2.99", "alice@example.net", "bob@example.org"}) == "known");
  CHECK(reason(installation, {"192.0.2.7", "", "bob@example.org"}) == "known");
  CHECK(reason(installation, {"2001:db8:1:2::9", "al/x@example.net", "bob+x@example.org"}) == "known");
  CHECK(reason(installation, {"198.51.100.9", "bounce-124@example.com", "bob@example.org"}) == "known");
  CHECK(reason(installation, {"198.51.100.9", "else@example.com", "bob@example.org"}) == "new");
  CHECK(reason(installation, {"203.0.113.99", "anybody@example.com", "else@example.org"}) == "trusted");
  CHECK(reason(installation, {"192.0.2.7", "new@example.net", "bob@example.org"}) == "early");
  CHECK(reason(installation, {"192.0.2.7", "alice@example.net", "long-ago@example.org"}) == "new");
  CHECK(reason(installation, {"192.0.2.7", "gone@example.net", "bob@example.org"}) == "new");
  // Passes count on: one of Postgrey's, one here.
  CHECK(text(installation.sql("SELECT passes FROM greylisting_clients WHERE identity = '192.0.2.0/24'")) ==
        "2\n");

  installation.pass_time(std::chrono::minutes(5));
  CHECK(reason(installation, {"192.0.2.7", "new@example.net", "bob@example.org"}) == "retried");
}

TEST_CASE("import postgrey-db: what cannot be taken over is said", "[import]") {
  const Installation installation(Backend::sqlite, "auto_allow_after=0\n");
  const Postgrey postgrey({"--privacy"});
  const std::time_t now = std::time(nullptr);
  postgrey.ask({"192.0.2.7", "alice@example.net", "bob@example.org", now - 1000});
  postgrey.ask({"192.0.2.7", "alice@example.net", "bob@example.org", now});
  CHECK_THAT(import(installation, "postgrey-db", postgrey.databases()).output,
             Contains("imported 0 records") &&
                 Contains("note: 2 records left out, of which Postgrey has only a hash (--privacy)\n"));

  const TemporaryDirectory empty;
  const Result missing = import(installation, "postgrey-db", empty.path());
  CHECK(missing.status == 1);
  CHECK_THAT(missing.errors, Contains((empty / "postgrey.db").string() + ": ") && Contains("(--dbdir)"));
  const Result no_program = run({.arguments = {"env", "PATH=/nowhere", built("greylistctl"), "--home",
                                               installation.home(), "import", "postgrey-db", empty.path()}});
  CHECK(no_program.status == 1);
  CHECK_THAT(no_program.errors, Contains("apt-get install db5.3-util"));
}

TEST_CASE("import sqlgrey-db: nobody whom SQLgrey knows waits", "[import]") {
  const Backend backend = any_backend();
  const bool as_dump = GENERATE(false, true);
  CAPTURE(name(backend), as_dump);
  const Installation installation(backend, "block_expire=5\ngroup_domain_level=2\nexplicit=0\n");
  Sqlgrey sqlgrey;
  const std::vector<Asked> attempts{{"192.0.2.7", "alice@example.net", "bob@example.org"},
                                    {"192.0.2.9", "o'hara\\x@example.net", "bob@example.org"},
                                    {"192.0.2.7", "bounce-123@example.com", "bob@example.org"},
                                    {"198.51.100.1", "", "bob@example.org"},
                                    {"2001:db8:1:2:3::4", "dave@example.com", "bob@example.org"},
                                    {"203.0.113.1", "carol@example.com", "bob@example.org"}};
  for (const Asked& asked : attempts) CHECK_THAT(sqlgrey.ask(asked), Contains("defer_if_permit"));
  sqlgrey.let_an_hour_pass();
  for (const Asked& asked : attempts) CHECK_THAT(sqlgrey.ask(asked), Contains("PREPEND"));
  CHECK_THAT(sqlgrey.ask({"192.0.2.7", "new@example.com", "bob@example.org"}), Contains("defer_if_permit"));
  REQUIRE(
      run({.arguments = {"sqlite3", sqlgrey.database(),
                         "INSERT INTO optout_domain VALUES ('example.org'); INSERT INTO optout_email VALUES "
                         "('postmaster@example.com'); INSERT INTO optin_email VALUES ('x@example.org')"}})
          .status == 0);
  fs::path file = sqlgrey.database();
  if (as_dump) {
    file = sqlgrey.directory() / "dump.sql";
    write_file(file, dumped(sqlgrey.database()));
  }

  const Result done = import(installation, "sqlgrey-db", file, {"--yes", "--comment", "SQLgrey"});
  CHECK(done.errors.empty());
  CHECK(done.status == 0);
  CHECK_THAT(done.output, Contains("imported 3 entries from " + file.string() + ": 3 new, ") &&
                              Contains("imported 1 record from " + file.string() +
                                       ": 1 new, 0 there already, 0 not understood\n") &&
                              Contains("gave passes to 0 networks and to 4 senders and domains on one\n") &&
                              Contains("note: 1 network left out where SQLgrey lets in the null sender"));
  CHECK(text(installation.sql(
            "SELECT action, kind, pattern, comment FROM greylisting_entries ORDER BY pattern")) ==
        "skip recipient =example.org SQLgrey\nskip recipient postmaster@example.com SQLgrey\n"
        "greylist recipient x@example.org SQLgrey\n");
  installation.sql("DELETE FROM greylisting_entries");

  CHECK(reason(installation, {"192.0.2.99", "alice@example.net", "else@example.org"}) == "trusted");
  CHECK(reason(installation, {"192.0.2.99", "anybody@example.net", "else@example.org"}) == "trusted");
  CHECK(reason(installation, {"192.0.2.7", "bounce-124@example.com", "else@example.org"}) == "trusted");
  CHECK(reason(installation, {"2001:db8:1:2:3::4", "dave@example.com", "else@example.org"}) == "trusted");
  CHECK(reason(installation, {"203.0.113.1", "carol@example.com", "else@example.org"}) == "trusted");
  CHECK(reason(installation, {"203.0.113.1", "erin@example.com", "else@example.org"}) == "new");
  CHECK(reason(installation, {"198.51.100.9", "alice@example.net", "else@example.org"}) == "new");
}

TEST_CASE("import sqlgrey-db: dumps of MySQL and PostgreSQL", "[import]") {
  const Installation installation(Backend::sqlite, "block_expire=5\nrecord_expire=600000\n");
  const TemporaryDirectory directory;
  const fs::path file = directory / "dump.sql";
  const std::string now = installation.now();
  write_file(
      file,
      "-- MySQL dump 10.19\nCREATE TABLE `connect` (\n  `sender_name` varchar(64) NOT NULL\n);\n"
      "INSERT INTO `connect` VALUES ('alice','example.net','192.0.2','bob@example.org','" +
          now +
          "'),\n"
          "('o\\'hara','example.net','192.0.2','bob@example.org','" +
          now +
          "');\n"
          "INSERT INTO `from_awl` (`src`, `sender_domain`, `sender_name`, `first_seen`, `last_seen`) VALUES "
          "('192.0.2.7','example.com','carol','" +
          now + "','" + now +
          "');\n"
          "INSERT INTO `config` VALUES ('version','3');\n"
          "INSERT INTO `connect` VALUES ('alice','example.net','nowhere','bob@example.org','" +
          now +
          "');\n"
          "INSERT INTO `domain_awl` VALUES ('cut off");
  const Result mysql = import(installation, "sqlgrey-db", file);
  CHECK(mysql.status == 1);
  CHECK_THAT(mysql.errors, Contains(file.string() + ":9: connect: \"alice, example.net, nowhere, ") &&
                               Contains(file.string() + ":10: this statement cannot be read to its end\n"));
  CHECK_THAT(mysql.output, Contains("imported 2 records") && Contains(": 2 new, 0 there already, 2 not ") &&
                               Contains("and to 1 sender or domain on one\n") &&
                               Contains("note: trust in senders and domains on a network counts only when "
                                        "group_domain_level is not 0"));
  CHECK(reason(installation, {"192.0.2.9", "o'hara@example.net", "bob@example.org"}) == "early");

  write_file(
      file,
      "--\n-- PostgreSQL database dump\n--\nCOPY public.connect (sender_name, sender_domain, src, rcpt, "
      "first_seen) FROM stdin;\ndave\\\\x\texample.net\t192.0.2\tbob@example.org\t" +
          now +
          ".123456\n\\.\nCOPY public.domain_awl (sender_domain, src, first_seen, last_seen) FROM stdin;\n"
          "example.net\t192.0.2\t" +
          now + "\t" + now + "\n\\.\n");
  const Result postgres = import(installation, "sqlgrey-db", file);
  CHECK(postgres.errors.empty());
  CHECK_THAT(postgres.output,
             Contains("imported 1 record") && Contains("and to 1 sender or domain on one\n"));
  CHECK(reason(installation, {"192.0.2.9", "dave\\x@example.net", "bob@example.org"}) == "early");

  write_file(file, "hello\n");
  const Result other = import(installation, "sqlgrey-db", file);
  CHECK(other.status == 1);
  CHECK_THAT(other.errors,
             Contains(file.string() + ": has no row of SQLgrey's tables; name SQLgrey's SQLite file"));
  CHECK_THAT(import(installation, "sqlgrey-db", directory / "missing").errors,
             Contains("missing: cannot be read ("));
}

TEST_CASE("import sqlgrey-db: nobody is trusted for longer for a time in the future", "[import]") {
  const Installation installation(Backend::sqlite, "group_domain_level=2\n");
  const TemporaryDirectory directory;
  const fs::path file = directory / "dump.sql";
  const std::string next_year = stored_time(std::time(nullptr) + 365 * kDay);
  write_file(file, "INSERT INTO from_awl VALUES ('carol','example.com','192.0.2.7','" + next_year + "','" +
                       next_year + "');\n");
  CHECK(import(installation, "sqlgrey-db", file).status == 0);
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_clients WHERE expires BETWEEN " +
                              installation.seconds_from_now(static_cast<int>(35 * kDay)) + " AND " +
                              installation.seconds_from_now(static_cast<int>(36 * kDay)))) == "1\n");
}

TEST_CASE("import sqlgrey-db, stopped, says how far it came, and goes on from there", "[import]") {
  const Installation installation(any_backend(), "record_expire=600000\n");
  CAPTURE(name(installation.backend()));
  installation.sql("SELECT 1");
  constexpr unsigned kRows = 100000;
  const TemporaryDirectory directory;
  const fs::path file = directory / "dump.sql";
  const std::string now = installation.now();
  std::string text = "INSERT INTO connect VALUES ";
  for (unsigned i = 0; i < kRows; ++i) {
    text += i == 0 ? "" : ",";
    text += "('u" + std::to_string(i) + "','example.net','192.0.2','bob@example.org','" + now + "')";
  }
  write_file(file, text + ";\n");
  const Command command{
      .arguments = {built("greylistctl"), "--home", installation.home(), "import", "sqlgrey-db", file}};
  const auto records = [&] {
    return std::stoul(installation.sql("SELECT COUNT(*) FROM greylisting_data").at(0).at(0).value());
  };
  const std::string written = stopped_midway(command, installation.home() / "log", records, SIGINT);
  const std::size_t done = records();
  REQUIRE(done < kRows);
  CHECK(
      written ==
      "greylistctl: " + file.string() + ": stopped after " + std::to_string(done) + " of " +
          std::to_string(kRows) +
          " records; those stay, and the same command goes on with the rest\nnote: imported records and "
          "passes expire by themselves; greylistctl forget --client NETWORK takes those of a network back\n");
  const Result rest = run(command);
  CHECK(rest.status == 0);
  CHECK_THAT(rest.output, Contains(": " + std::to_string(kRows - done) + " new, " + std::to_string(done) +
                                   " there already, 0 not understood\n"));
  CHECK(records() == kRows);
}

}  // namespace greylisting::test
