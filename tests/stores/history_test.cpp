// What decisions leave in the journal, and the clean-up in greylisting_history.

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "ctl/records/history.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "tests/support/working_directory.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

void make_state_directory(const Installation& installation) {
  fs::create_directory(installation.home() / "greylisting");
}

// The journal's lines without their times and whose they were, in the order of their hours.
std::string journal(const Installation& installation) {
  std::vector<fs::path> files = journals(installation);
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) text += read_file(file);
  text = std::regex_replace(text, std::regex(" client=[^\n]*"), "");
  return std::regex_replace(text, std::regex(R"((^|\n)\d+ )"), "$1");
}

void clean_up(const Installation& installation) {
  const Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "cleanup"}});
  INFO(result.errors);
  CHECK(result.status == 0);
}

// What only grows, by the name and labels of a sample.
std::map<std::string, std::uint64_t> counters(const Installation& installation) {
  const Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "metrics"}});
  INFO(result.errors);
  CHECK(result.status == 0);
  std::map<std::string, std::uint64_t> counters;
  const std::regex counter(R"((?:^|\n)(\w+(?:_total|_bucket|_sum|_count)(?:\{.*\})?) (\d+)(?=\n))");
  for (std::sregex_iterator each(result.output.begin(), result.output.end(), counter), end; each != end;
       ++each)
    counters[(*each)[1]] = std::stoull((*each)[2]);
  return counters;
}

Rows history(const Installation& installation, const std::string& kinds) {
  return installation.sql("SELECT kind, name, SUM(total) FROM greylisting_history WHERE kind IN (" + kinds +
                          ") GROUP BY kind, name ORDER BY kind, name");
}

}  // namespace

TEST_CASE("Every decision leaves a line in the journal", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  installation.put({"deny", "sender", "evil@example.net"});
  installation.put({"trap", "recipient", "trap@example.org"});
  installation.attempt();
  installation.pass_time(60s);
  installation.attempt();
  installation.pass_time(60s);
  installation.attempt();
  installation.pass_time(2h);
  installation.attempt();
  installation.attempt();
  installation.attempt({.sender = "evil@example.net"});
  installation.attempt({.client = "198.51.100.7", .recipient = "trap@example.org"});
  installation.attempt({.client = "198.51.100.7"});
  installation.attempt({.environment = {{"RELAYCLIENT", ""}}});  // not greylisted: not counted either
  installation.attempt({.client = "no address"});
  const std::regex expected(
      "(new\n)?new\nearly 6\\d first\nearly 1[23]\\d\nretried 73[2-9]\\d\nknown "
      "73[2-9]\\d\ndenied\ntrap\ntrapped\nerror\n");
  const std::string written = journal(installation);
  INFO(written);
  CHECK(std::regex_match(written, expected));
}

TEST_CASE("A first retry that passes is one", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  const Rcpt pool{.environment = {{"SPFRESULT", "pass"}}};
  installation.attempt();
  installation.attempt({.client = "203.0.113.1", .sender = pool.sender, .environment = pool.environment});
  installation.pass_time(1h);
  installation.attempt();
  installation.attempt({.client = "198.51.100.1", .sender = pool.sender, .environment = pool.environment});
  const std::regex expected("new\nnew\nretried 36\\d\\d first\n(retried 36\\d\\d first|known 36\\d\\d)\n");
  const std::string written = journal(installation);
  INFO(written);
  CHECK(std::regex_match(written, expected));
}

TEST_CASE("The journal is not written where that would not be safe, and never fails", "[history]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::sqlite);
  Installation installation(backend);
  CAPTURE(name(backend));
  make_state_directory(installation);
  const fs::path directory = installation.home() / "greylisting";
  const fs::path elsewhere = installation.home() / "elsewhere";
  const auto file = [&] { return directory / (utc(std::time(nullptr)).substr(0, 13) + ".journal"); };
  const auto later = [&] { return directory / (utc(std::time(nullptr) + 3600).substr(0, 13) + ".journal"); };

  SECTION("history_expire=0") { installation.configure("history_expire=0"); }
  SECTION("a symbolic link in its place") {
    write_file(elsewhere, "");
    fs::create_symlink(elsewhere, file());
    fs::create_symlink(elsewhere, later());
  }
  SECTION("a FIFO in its place") {
    REQUIRE(mkfifo(file().c_str(), 0600) == 0);
    REQUIRE(mkfifo(later().c_str(), 0600) == 0);
  }
  SECTION("everybody can write to the directory") {
    if (backend == Backend::sqlite) return;  // which refuses to work there
    fs::permissions(directory, fs::perms::all);
  }
  const Result result = installation.attempt();
  CHECK(logged(result, "reason") == "new");
  CHECK(lines(result.errors) == 1);
  if (fs::exists(elsewhere)) CHECK(read_file(elsewhere).empty());
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.is_regular_file() && !entry.is_symlink()) CHECK(entry.path().extension() != ".journal");
  }
}

TEST_CASE("A decision that the time budget ends is an error in the journal", "[history]") {
  DatabaseServer server(ServerKind::mariadb);
  Installation stopped(server, "timeout=300");
  make_state_directory(stopped);
  stopped.attempt();
  kill(server.pid(), SIGSTOP);
  stopped.attempt();
  kill(server.pid(), SIGCONT);
  CHECK(journal(stopped) == "new\nerror\n");
}

TEST_CASE("The clean-up counts what the journal has, once, and every host for itself", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  installation.attempt();
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt();
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt();  // in an hour that is not over
  const std::string before = journal(installation);
  for (int i = 0; i < 2; ++i) {
    clean_up(installation);
    CHECK(history(installation, "'decision'") == Rows{{"decision", "early", "1"},
                                                      {"decision", "known", "1"},
                                                      {"decision", "new", "1"},
                                                      {"decision", "retried", "1"}});
    CHECK(history(installation, "'wait'") == Rows{{"wait", "3600", "1"}});
    CHECK(history(installation, "'first-retry'") == Rows{{"first-retry", "0", "1"}});
    CHECK(installation.sql("SELECT DISTINCT host FROM greylisting_history WHERE host = '" + ctl::host_name() +
                           "'") == Rows{{ctl::host_name()}});
    CHECK(journal(installation) == before);
  }
  installation.pass_time(72h);
  clean_up(installation);
  CHECK(journal(installation).empty());
  CHECK(installation.sql("SELECT SUM(total) FROM greylisting_history WHERE kind = 'decision'") ==
        Rows{{"9"}});
}

TEST_CASE("A host that is renamed counts its journal once", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto as_host = [&](const std::string& host, const std::string& subcommand) {
    const Result result =
        run({.arguments = {"unshare", "-u", "sh", "-c", "hostname \"$0\" && exec \"$1\" --home \"$2\" $3",
                           host, built("greylistctl"), installation.home(), subcommand}});
    CAPTURE(host, subcommand, result.errors);
    CHECK(result.status == 0);
    return result.output;
  };
  if (run({.arguments = {"unshare", "-u", "hostname", "first"}}).status != 0) {
    WARN("SKIPPED: this machine does not let a test have a host name of its own");
    return;
  }
  make_state_directory(installation);
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt();
  installation.pass_time(1h);
  as_host("first", "cleanup");
  CHECK(read_file(installation.home() / "greylisting/host") == "first\n");
  const auto counted = [&](const std::string& host) {
    const std::string metrics = as_host(host, "metrics");
    return metrics.substr(0, metrics.find("# HELP greylisting_records "));
  };
  const std::string before = counted("first");
  for (const std::string name : {"second", "third"}) {
    as_host(name, "cleanup");
    CHECK(installation.sql("SELECT DISTINCT host FROM greylisting_history WHERE host <> ''") ==
          Rows{{"first"}});
    CHECK(installation.sql("SELECT SUM(total) FROM greylisting_history WHERE kind = 'decision'") ==
          Rows{{"2"}});
    CHECK(counted(name) == before);
    const std::string status = as_host(name, "status");
    CHECK_THAT(status, Catch::Contains("host     first, ") && !Catch::Contains("Other hosts"));
  }

  // What cannot be a name is none, and what is there is not replaced.
  for (const std::string text : {"", "\n", "a\nb\n", "\x01\n"}) {
    write_file(installation.home() / "greylisting/host", text, 0644);
    CHECK_THAT(as_host("fourth", "status"), Catch::Contains("host     fourth, "));
  }
  fs::remove(installation.home() / "greylisting/host");
  fs::create_symlink("/etc/passwd", installation.home() / "greylisting/host");
  CHECK_THAT(as_host("fourth", "status"), Catch::Contains("host     fourth, "));
  fs::remove(installation.home() / "greylisting/host");
  fs::create_symlink(installation.home() / "elsewhere", installation.home() / "greylisting/host");
  as_host("fourth", "cleanup");
  CHECK_FALSE(fs::exists(installation.home() / "elsewhere"));
}

TEST_CASE("The clean-up counts the records that it deletes by the day of their first attempt", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  const auto from = [&](const std::string& client, const std::string& sender, const std::string& recipient) {
    installation.attempt({.client = client, .sender = sender, .recipient = recipient});
  };
  from("192.0.2.1", "a@one.example", "x@example.org");
  from("192.0.2.2", "b@one.example", "x@example.org");
  from("198.51.100.1", "b@one.example", "x@example.org");  // the same message from another network
  from("2001:db8::1", "", "y@example.org");
  from("192.0.2.3", "c@two.example", "y@example.org");
  from("192.0.2.3", "c@two.example", "y@example.org");  // retried, and never passed
  installation.attempt({.sender = "p@pool.example", .environment = {{"SPFRESULT", "pass"}}});
  from("192.0.2.4", "d@three.example", "y@example.org");
  installation.pass_time(1h);
  from("192.0.2.4", "d@three.example", "y@example.org");  // passes
  clean_up(installation);
  CHECK(history(installation, "'record'").empty());

  installation.pass_time(60 * 24h);
  // The session's zone is not UTC, in which days are counted.
  const std::string first = installation.backend() == Backend::sqlite
                                ? "MIN(create_time)"
                                : "CONVERT_TZ(MIN(create_time), @@time_zone, '+00:00')";
  const std::string day =
      installation.sql("SELECT SUBSTR(" + first + ", 1, 10) FROM greylisting_data").at(0).at(0).value();
  clean_up(installation);
  for (int i = 0; i < 2; ++i) {
    CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"0"}});
    CHECK(history(installation, "'record'") ==
          Rows{{"record", "never-retried", "5"}, {"record", "passed", "1"}, {"record", "retried", "1"}});
    // Names without those of the message that came from two networks.
    CHECK(history(installation, "'client'") ==
          Rows{{"client", "192.0.2.0/24", "2"}, {"client", "2001:db8::/64", "1"}});
    CHECK(history(installation, "'sender-domain'") == Rows{{"sender-domain", "<>", "1"},
                                                           {"sender-domain", "one.example", "1"},
                                                           {"sender-domain", "pool.example", "1"}});
    CHECK(history(installation, "'recipient'") == Rows{{"recipient", "bob@example.org", "1"},
                                                       {"recipient", "x@example.org", "1"},
                                                       {"recipient", "y@example.org", "1"}});
    CHECK(history(installation, "'pool', 'pool-messages', 'pool-networks'") ==
          Rows{{"pool", "one.example", "1"},
               {"pool-messages", "one.example", "1"},
               {"pool-networks", "one.example", "2"}});
    CHECK(history(installation, "'pool-wait'").size() == 1);  // as long as the test takes
    CHECK(installation.sql("SELECT DISTINCT period, host FROM greylisting_history WHERE kind = 'record'") ==
          Rows{{day + " 00:00:00", ""}});
    clean_up(installation);
  }
}

TEST_CASE("A clean-up that is at work on a record that comes back leaves it and does not count it",
          "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  for (int i = 0; i < 200; ++i)
    installation.sql(
        "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
        "record_expires, blocked_count) VALUES (" +
        std::string("x'") + std::string(29, '0') + std::to_string(100 + i) + "', " + std::to_string(100 + i) +
        ", x'c0000201', 'a@example.net', 'b@example.org', " + installation.seconds_from_now(-60) + ", " +
        installation.seconds_from_now(-60) + ", 1)");
  const auto renew = [&] {
    for (int i = 0; i < 200; i += 10)
      installation.sql("UPDATE greylisting_data SET record_expires = " + installation.seconds_from_now(3600) +
                       " WHERE id = " + std::to_string(100 + i));
  };
  std::thread renewing(renew);
  const Result result =
      run({.arguments = {built("greylistctl"), "--home", installation.home(), "cleanup", "--batch", "50"}});
  renewing.join();
  CHECK(result.status == 0);
  const auto left = std::stoi(installation.sql("SELECT COUNT(*) FROM greylisting_data").at(0).at(0).value());
  const Rows counted = history(installation, "'record'");
  REQUIRE(counted.size() == 1);
  CHECK(std::stoi(counted[0][2].value()) == 200 - left);
}

TEST_CASE("The history keeps the most frequent names of a day, and as many days as it is told", "[history]") {
  Installation installation(any_backend(), "history_expire=10");
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  installation.attempt();
  std::string rows;
  for (int i = 0; i < 130; ++i)
    rows += ", ('2001-01-01 00:00:00', 'client', '10.0." + std::to_string(i) + ".0/24', '', " +
            std::to_string(i + 1) + ")";
  const std::string today = installation.now().substr(0, 10) + " 00:00:00";
  rows = std::regex_replace(rows, std::regex("2001-01-01 00:00:00"), today);
  installation.sql(
      "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ('2001-01-01 00:00:00', "
      "'record', 'passed', '', 7), ('2001-01-01 00:00:00', 'decision', 'new', '" +
      ctl::host_name() + "', 7)" + rows);
  clean_up(installation);
  CHECK(history(installation, "'record'").empty());
  CHECK(installation.sql("SELECT COUNT(*), MIN(total) FROM greylisting_history WHERE kind = 'client'") ==
        Rows{{"100", "31"}});

  installation.configure("history_expire=0");
  clean_up(installation);
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_history") == Rows{{"0"}});
}

TEST_CASE("The history keeps the domains for which most was decided", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  installation.sql("SELECT 1");
  const std::time_t yesterday = std::time(nullptr) - kDay;
  const Journal journal{Settings()};
  std::string lines;
  for (int i = 0; i < 201; ++i) {
    // Of domain 7 once, of every other twice.
    for (int j = 0; j < (i == 7 ? 1 : 2); ++j)
      lines += text(JournalLine{
          .time = yesterday,
          .reason = Reason::new_triplet,
          .attempt = "client=192.0.2.1 sender= recipient=bob@d" + std::to_string(i) + ".example"});
  }
  write_file(installation.home() / journal.file(yesterday), lines);
  std::string rows;
  for (int i = 0; i < 601; ++i)
    rows += std::string(i == 0 ? "" : ", ") + "('" + installation.now().substr(0, 10) +
            " 00:00:00', 'to-record', 'd" + std::to_string(i) + ".example passed', '', " +
            (i == 9 ? "1)" : "2)");
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES " + rows);
  clean_up(installation);
  const std::string count = "SELECT COUNT(*), MIN(total) FROM greylisting_history WHERE kind = ";
  CHECK(installation.sql(count + "'to-decision'") == Rows{{"200", "2"}});
  CHECK(installation.sql(count + "'to-record'") == Rows{{"600", "2"}});
}

TEST_CASE("No counter falls when the history forgets what it counted", "[history]") {
  struct Case {
    const char* settings;
    std::chrono::hours age;  // of what is counted, while the journal may still have it
  };
  const auto [settings, age] = GENERATE(Case{"history_expire=1", 30h}, Case{"history_expire=1", 100h},
                                        Case{"history_expire=2", 49h}, Case{"history_expire=400", 9601h});
  const Installation installation(any_backend(), settings);
  CAPTURE(name(installation.backend()), settings, age.count());
  make_state_directory(installation);
  installation.sql("SELECT 1");
  installation.attempt();
  installation.attempt();
  installation.pass_time(1h);
  installation.attempt();
  installation.attempt({.client = "no address"});
  clean_up(installation);
  installation.pass_time(age);
  installation.sql(
      "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ('2001-01-01 "
      "00:00:00', 'decision', 'new', '" +
      ctl::host_name() + "', 7), ('2001-01-01 01:00:00', 'wait', '3600', '" + ctl::host_name() + "', 5)");
  const auto before = counters(installation);
  CHECK(before.at("greylisting_decisions_total{outcome=\"deferred\",reason=\"new\"}") >= 8);
  CHECK(before.at("greylisting_wait_seconds_count") == 6);
  CHECK(before.size() > 30);
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    clean_up(installation);
    CHECK(counters(installation) == before);
    installation.pass_time(2h);
  }
  // What is added up is nobody's day.
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_history WHERE period = '2001-01-01 00:00:00'") ==
        Rows{{"0"}});
  const Result report = run({.arguments = {built("greylistctl"), "--home", installation.home(), "report",
                                           "--since", "1970-01-01", "--until", "2001-01-02"}});
  CHECK_THAT(report.output, Catch::EndsWith("\nNothing is known of that time.\n"));
}

TEST_CASE("Another host's decisions are left to its own clean-up, for a month", "[history]") {
  const Installation installation(any_backend(), "history_expire=1");
  CAPTURE(name(installation.backend()));
  make_state_directory(installation);
  const auto time_of_days_ago = [&](int days) {
    return installation.sql("SELECT " + installation.seconds_from_now(-days * 86400)).at(0).at(0).value();
  };
  const std::string recent = time_of_days_ago(5);
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ('" + recent +
                   "', 'decision', 'new', 'other', 3), ('" + time_of_days_ago(33) +
                   "', 'decision', 'new', 'other', 4), ('" + time_of_days_ago(34) +
                   "', 'decision', 'new', 'other', 5), ('" + time_of_days_ago(5) +
                   "', 'record', 'passed', '', 6)");
  for (int i = 0; i < 2; ++i) {
    clean_up(installation);
    CHECK(installation.sql("SELECT period, total FROM greylisting_history WHERE kind = 'decision' AND host = "
                           "'other' ORDER BY period") == Rows{{"1000-01-01 00:00:00", "9"}, {recent, "3"}});
    CHECK(history(installation, "'record'").empty());
  }
}

TEST_CASE("What is added up is not read as a period's", "[history]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  installation.sql(
      "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ('1000-01-01 00:00:00', "
      "'decision', 'new', 'mx1', 3), ('2001-01-01 00:00:00', 'decision', 'new', 'mx1', 4)");
  Settings settings;
  if (installation.backend() != Backend::sqlite)
    settings.mysql_default_file = installation.home() / "control/mysql-admin.cnf";
  settings.sqlite_file = installation.home() / "greylisting/greylisting.db";
  const auto administration = open_administration(settings);
  ctl::History history(*administration);
  const std::string ever = "0900-01-01 00:00:00";
  CHECK(history.first_period({}, ever) == "2001-01-01 00:00:00");
  CHECK(history.first_period({}, "2001-01-02 00:00:00").empty());
  const auto rows = history.read_tallies({}, ever, "2002-01-01 00:00:00");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].total == 4);
  CHECK(history.tally_of("mx1", {}).of(Reason::new_triplet) == 7);
}

TEST_CASE("An hour that leaves the journal while it is read is read anew", "[history]") {
  const TemporaryDirectory home;
  const WorkingDirectory here(home.path());
  for (const char* hour : {"2026-11-21T05", "2026-11-21T06", "2026-11-21T07"})
    write_file(home / (std::string("greylisting/") + hour + ".journal"), "");
  const Journal journal{Settings()};
  const auto all = journal.hours();
  REQUIRE(all.size() == 3);
  std::vector<std::vector<std::time_t>> read;
  ctl::read_before_history(journal, [&](const std::vector<std::time_t>& hours) {
    read.push_back(hours);
    if (read.size() <= 2) journal.remove(all[read.size() - 1]);
    write_file(home / "greylisting/2026-11-21T08.journal", "");  // a new one is no reason
  });
  REQUIRE(read.size() == 3);
  CHECK(read[0] == all);
  CHECK(read[1].front() == all[1]);
  CHECK(read[2].front() == all[2]);
}

}  // namespace greylisting::test
