// What decisions leave in the journal, and the clean-up in greylisting_history.

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <regex>
#include <thread>

#include "src/ctl/history.h"
#include "src/utc.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

auto any_backend() { return GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite); }

void make_state_directory(const Installation& installation) {
  fs::create_directory(installation.home() / "greylisting");
}

// The journal's lines without their times, in the order of their hours.
std::string journal(const Installation& installation) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(installation.home() / "greylisting")) {
    if (entry.path().extension() == ".journal") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const fs::path& file : files) text += read_file(file);
  return std::regex_replace(text, std::regex(R"((^|\n)\d+ )"), "$1");
}

void clean_up(const Installation& installation) {
  const Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "cleanup"}});
  INFO(result.errors);
  CHECK(result.status == 0);
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

  installation.pass_time(100 * 24h);
  const std::string day =
      installation.sql("SELECT SUBSTR(MIN(create_time), 1, 10) FROM greylisting_data").at(0).at(0).value();
  clean_up(installation);
  for (int i = 0; i < 2; ++i) {
    CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"0"}});
    CHECK(history(installation, "'record'") ==
          Rows{{"record", "never-retried", "5"}, {"record", "passed", "1"}, {"record", "retried", "1"}});
    CHECK(history(installation, "'client'") == Rows{{"client", "192.0.2.0/24", "3"},
                                                    {"client", "198.51.100.0/24", "1"},
                                                    {"client", "2001:db8::/64", "1"}});
    CHECK(history(installation, "'sender-domain'") == Rows{{"sender-domain", "<>", "1"},
                                                           {"sender-domain", "one.example", "3"},
                                                           {"sender-domain", "pool.example", "1"}});
    CHECK(history(installation, "'recipient'") == Rows{{"recipient", "bob@example.org", "1"},
                                                       {"recipient", "x@example.org", "3"},
                                                       {"recipient", "y@example.org", "1"}});
    CHECK(history(installation, "'pool'") == Rows{{"pool", "one.example", "1"}});
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
      "'record', 'passed', '', 7)" +
      rows);
  clean_up(installation);
  CHECK(history(installation, "'record'").empty());
  CHECK(installation.sql("SELECT COUNT(*), MIN(total) FROM greylisting_history WHERE kind = 'client'") ==
        Rows{{"100", "31"}});

  installation.configure("history_expire=0");
  clean_up(installation);
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_history") == Rows{{"0"}});
}

}  // namespace greylisting::test
