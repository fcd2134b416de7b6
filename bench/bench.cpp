// bench SCALE [PART…]: what a decision costs beside the least that can be, and whether it stays so at any
// size. SCALE is the part of the full sizes that is used, 1 or less; PART is one of kParts, all by default.
// The table is explained in bench/README.md.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conversation.h"
#include "data.h"
#include "program.h"
#include "table.h"

namespace greylisting::bench {
namespace {

using test::Backend;
using test::BackgroundProcess;
using test::built;
using test::DatabaseServer;
using test::Installation;
using test::Rcpt;
using test::ServerKind;

// loglevel: standard error goes nowhere, so that only the line's making would be measured.
constexpr std::string_view kSettings = "block_expire=1\nloglevel=3\ntimeout=60000\nheader=off\n";

std::string milliseconds(Microseconds time) {
  std::string text = std::to_string(std::lround(time.count()) / 10);
  text.insert(0, text.size() < 3 ? 3 - text.size() : 0, '0');
  return text.insert(text.size() - 2, ".") + " ms";
}

std::string detail(const Summary& floor, const Summary& plugin) {
  return "medians " + milliseconds(floor.median) + ", " + milliseconds(plugin.median) + "; p99 " +
         milliseconds(floor.p99) + ", " + milliseconds(plugin.p99);
}

Program plugin(const Installation& installation, const Rcpt& rcpt, std::string_view file = "greylisting") {
  const test::Command command = installation.command(rcpt);
  return {.file = built(file), .environment = command.environment, .directory = installation.home()};
}

// Triplets that are known everywhere: as many as are judged at once, because those do not wait for one
// another.
constexpr unsigned kAtOnce = 32;
Rcpt known_rcpt(unsigned number = 0) {
  return {.client = "192.0.2.7", .recipient = "known" + std::to_string(number) + "@example.org"};
}

void make_known(const Installation& installation) {
  for (unsigned i = 0; i < kAtOnce; ++i) installation.attempt(known_rcpt(i));
  installation.pass_time(std::chrono::minutes(10));
  for (unsigned i = 0; i < kAtOnce; ++i) installation.attempt(known_rcpt(i));
}

Series always(Program program) {
  return [program = std::move(program)] { return program; };
}

Series known_in_turn(const Installation& installation) {
  return
      [&installation, number = 0U]() mutable { return plugin(installation, known_rcpt(number++ % kAtOnce)); };
}

// Another recipient and another network each time; `word` tells the recipients of one series from those of
// another.
Series always_new(const Installation& installation, const std::string& word) {
  return [&installation, word, number = 0U]() mutable {
    ++number;
    return plugin(installation, {.client = "10." + std::to_string(number >> 8U & 0xffU) + '.' +
                                           std::to_string(number & 0xffU) + ".1",
                                 .recipient = word + std::to_string(number) + "@example.org"});
  };
}

// A client that has passed in as many hours as make it trusted.
const Rcpt kTrusted{.client = "198.51.100.7", .recipient = "trusted@example.org"};

void make_trusted(const Installation& installation) {
  constexpr int kHours = 6;  // auto_allow_after, and the first attempt
  for (int hour = 0; hour < kHours; ++hour) {
    installation.attempt(kTrusted);
    installation.pass_time(std::chrono::hours(2));
  }
  make_known(installation);  // anew: theirs have passed by, too
}

Rcpt neighbour_of(Rcpt rcpt) {
  rcpt.client.back() = rcpt.client.back() == '9' ? '8' : '9';
  return rcpt;
}

// A known triplet of a network of its own for each number, which has not passed in this hour.
Rcpt hourly_rcpt(unsigned number) {
  return {.client = "10.100." + std::to_string(number % 256) + ".1",
          .sender = "alice" + std::to_string(number / 256) + "@example.net",
          .recipient = "hourly@example.org"};
}

void make_known_before_this_hour(const Installation& installation, std::size_t count) {
  for (unsigned number = 0; number < count; ++number) installation.attempt(hourly_rcpt(number));
  installation.pass_time(std::chrono::hours(2));
  for (unsigned number = 0; number < count; ++number) installation.attempt(hourly_rcpt(number));
  installation.pass_time(std::chrono::hours(2));
  make_known(installation);
}

Series first_of_an_hour(const Installation& installation) {
  return [&installation, number = 0U]() mutable { return plugin(installation, hourly_rcpt(number++)); };
}

// As Postfix asks at RCPT, of a message each time.
std::string request_of(const Rcpt& rcpt, const std::string& instance) {
  return "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=" + rcpt.client +
         "\nsender=" + rcpt.sender + "\nrecipient=" + rcpt.recipient + "\ninstance=" + instance + "\n\n";
}

// The tables of greylisting 0.5, for its stand-in, with the same triplets.
void make_former(const Installation& installation) {
  installation.sql("CREATE TABLE former_lists LIKE greylisting_lists");
  installation.sql(
      "CREATE TABLE former_data (id BIGINT NOT NULL PRIMARY KEY, relay_ip VARBINARY(16), mail_from "
      "VARCHAR(255), "
      "rcpt_to VARCHAR(255), block_expires DATETIME, record_expires DATETIME, passed_count INT NOT NULL, "
      "KEY (relay_ip), KEY (mail_from(20)), KEY (rcpt_to(20)))");
  installation.sql(
      "INSERT INTO former_data SELECT id, relay_ip, mail_from, rcpt_to, block_expires, record_expires, "
      "passed_count "
      "FROM greylisting_data");
}

Series former_in_turn(const Installation& installation) {
  return [&installation, number = 0U]() mutable {
    return plugin(installation, known_rcpt(number++ % kAtOnce), "bench/as_0_5");
  };
}

class Bench {
 public:
  explicit Bench(double scale)
      : scale_(scale),
        rounds_(part(2000, 10)),
        server_(ServerKind::mariadb,
                {scale < 0.1 ? "--innodb-buffer-pool-size=256M" : "--innodb-buffer-pool-size=6G",
                 scale < 0.1 ? "--innodb-log-file-size=64M" : "--innodb-log-file-size=1G",
                 "--max-allowed-packet=64M"}),
        mariadb_(server_, kSettings),
        sqlite_(Backend::sqlite, kSettings) {
    make_known(mariadb_);
    make_known(sqlite_);
    make_former(mariadb_);
    Program create = sqlite_floor();
    create.argument = "create";
    Run(create).finish();
  }

  struct Part {
    std::string_view name;
    void (Bench::*measure)();
  };
  static const std::array<Part, 11> kParts;

  void run(const std::vector<std::string_view>& names) {
    for (const auto& [name, measure] : kParts) {
      if (names.empty() || std::ranges::find(names, name) != names.end()) (this->*measure)();
    }
    table_.write_json(built("bench.json"));
  }

 private:
  std::size_t part(double all, double least) const {
    return static_cast<std::size_t>(std::max(all * scale_, least));
  }

  static std::string store(const Installation& installation) {
    return std::string(name(installation.backend()));
  }

  Program mysql_floor() const {
    return {
        .file = built("bench/floor_mysql"), .directory = mariadb_.home(), .argument = "control/mysql.cnf"};
  }
  Program sqlite_floor() const {
    return {.file = built("bench/floor_sqlite"), .directory = sqlite_.home(), .argument = "upsert"};
  }

  void add(const std::string& what, const std::string& beside, const Summary& floor, const Summary& measured,
           double goal) {
    table_.add({.what = what,
                .beside = beside,
                .value = measured.median / floor.median,
                .goal = goal,
                .detail = detail(floor, measured)});
  }

  void skipped() {
    Program unset = plugin(mariadb_, known_rcpt());
    unset.environment.erase("GREYLISTING");
    Program relay = plugin(mariadb_, known_rcpt());
    relay.environment["RELAYCLIENT"] = "";
    relay.goes_on = std::chrono::milliseconds(20);
    Program refused = plugin(mariadb_, known_rcpt());
    refused.environment["GREYLISTING"] = "553 no thank you";
    const auto times =
        in_turn({always({.file = built("bench/floor_exit")}), always(unset), always(relay), always(refused)},
                rounds_);
    add("skipped, GREYLISTING unset", "a program that returns 0", times[0], times[1], 1.1);
    add("skipped, RELAYCLIENT set", "a program that returns 0", times[0], times[2], 1.1);
    add("decided before the store is asked", "a program that returns 0", times[0], times[3], 1.3);
  }

  void alone() {
    for (const Installation* installation : {&mariadb_, &sqlite_}) {
      make_trusted(*installation);
      make_known_before_this_hour(*installation, rounds_);
    }
    auto times = in_turn({always(mysql_floor()), always(plugin(mariadb_, known_rcpt())),
                          always(plugin(mariadb_, kTrusted)), always_new(mariadb_, "alone"),
                          always(plugin(mariadb_, neighbour_of(known_rcpt()))), first_of_an_hour(mariadb_)},
                         rounds_);
    add("known triplet, MariaDB", "lean floor", times[0], times[1], 1.35);
    add("trusted client, MariaDB", "lean floor", times[0], times[2], 1.3);
    add("new triplet, MariaDB", "lean floor", times[0], times[3], 1.5);
    add("known triplet from another address of its network, MariaDB", "lean floor", times[0], times[4], 0);
    add("known triplet, its network's first mail of an hour, MariaDB", "lean floor", times[0], times[5], 0);
    times = in_turn({always(sqlite_floor()), always(plugin(sqlite_, known_rcpt())),
                     always(plugin(sqlite_, kTrusted)), always_new(sqlite_, "alone"),
                     always(plugin(sqlite_, neighbour_of(known_rcpt()))), first_of_an_hour(sqlite_)},
                    rounds_);
    add("known triplet, SQLite", "SQLite floor", times[0], times[1], 1.35);
    add("trusted client, SQLite", "SQLite floor", times[0], times[2], 1.3);
    add("new triplet, SQLite", "SQLite floor", times[0], times[3], 1.6);
    add("known triplet from another address of its network, SQLite", "SQLite floor", times[0], times[4], 0);
    add("known triplet, its network's first mail of an hour, SQLite", "SQLite floor", times[0], times[5], 0);
  }

  // Dynamic programs leave the caches colder than a static one does, so that nothing else is measured with
  // them.
  void dynamic() {
    auto times = in_turn(
        {always(mysql_floor()), always(plugin(mariadb_, known_rcpt(), "greylisting.dynamic"))}, rounds_);
    add("known triplet, MariaDB, LINK=dynamic", "lean floor", times[0], times[1], 0);
    times = in_turn({former_in_turn(mariadb_), known_in_turn(mariadb_)}, rounds_);
    add("known triplet, MariaDB", "as 0.5 did it", times[0], times[1], 1 / 2.5);
  }

  // A recipient that Postfix asks about on a connection that it keeps, beside the process of the plugin.
  void policy() {
    for (const Installation* installation : {&mariadb_, &sqlite_}) {
      Program service = plugin(*installation, {}, "greylisting-policy");
      service.environment = {{"QMAILDIR", installation->home()}};
      Conversation conversation(service);
      const Program known = plugin(*installation, known_rcpt());
      std::vector<Microseconds> plugin_times;
      std::vector<Microseconds> times;
      for (std::size_t round = 0; round < rounds_; ++round) {
        plugin_times.push_back(time_of(known));
        times.push_back(conversation.time_of(request_of(known_rcpt(), std::to_string(round))));
      }
      add("policy request, known triplet, " + store(*installation), "the plugin",
          summary(std::move(plugin_times)), summary(std::move(times)), 0);
    }
  }

  // 200 regular expressions in the store, 100 lines in control/greylisting_deny; none matches.
  void expressions() {
    Installation mariadb(server_, kSettings);
    Installation sqlite(Backend::sqlite, kSettings);
    for (const Installation* installation : {&mariadb, &sqlite}) {
      make_known(*installation);
      make_trusted(*installation);
      for (int i = 0; i < 200; ++i) {
        installation->put({.action = i % 2 == 0 ? "allow" : "deny",
                           .word = "sender",
                           .pattern = "/^bulk" + std::to_string(i) + "[0-9]+@/"});
      }
      std::string lines;
      for (int i = 0; i < 100; ++i) lines += "sender spam" + std::to_string(i) + ".example\n";
      test::write_file(installation->home() / "control/greylisting_deny", lines, 0644);
    }
    const std::string with = ", 200 regular expressions and 100 denied senders in a file, ";
    const auto compare = [&](const Installation& installation, const Program& floor,
                             const std::string& beside) {
      const auto times =
          in_turn({always(floor), always(plugin(installation, known_rcpt())),
                   always(plugin(installation, kTrusted)), always_new(installation, "expressions")},
                  rounds_);
      add("known triplet" + with + store(installation), beside, times[0], times[1], 0);
      add("trusted client" + with + store(installation), beside, times[0], times[2], 0);
      add("new triplet" + with + store(installation), beside, times[0], times[3], 0);
    };
    compare(mariadb, mysql_floor(), "lean floor");
    compare(sqlite, sqlite_floor(), "SQLite floor");
  }

  void at_once() {
    const auto compare = [this](const std::string& what, const Series& floor, const Series& series,
                                double goal, const std::string& beside_what = "its floor 32 at a time") {
      std::vector<std::pair<double, double>> rates;
      const std::size_t total = part(2000, 2.0 * kAtOnce);
      for (int turn = 0; turn < 5; ++turn) {
        const double beside = rate(floor, kAtOnce, total);
        rates.emplace_back(rate(series, kAtOnce, total), beside);
      }
      std::ranges::sort(rates, {}, [](const auto& pair) { return pair.first / pair.second; });
      const auto [own, beside] = rates[rates.size() / 2];
      table_.add(
          {.what = what,
           .beside = beside_what,
           .value = own / beside,
           .goal = goal,
           .at_least = true,
           .detail = std::to_string(std::lround(beside)) + "/s, " + std::to_string(std::lround(own)) + "/s"});
    };
    compare("32 at a time, MariaDB", always(mysql_floor()), known_in_turn(mariadb_), 0.85);
    compare("32 at a time, new triplets, MariaDB", always(mysql_floor()), always_new(mariadb_, "at-once"),
            0.65);
    compare("32 at a time, MariaDB", former_in_turn(mariadb_), known_in_turn(mariadb_), 2.2,
            "as 0.5 did it, 32 at a time");
    const long before = passed(sqlite_);
    compare("32 at a time, SQLite", always(sqlite_floor()), known_in_turn(sqlite_), 0.85);
    const auto lost =
        static_cast<double>(5 * part(2000, 2.0 * kAtOnce)) - static_cast<double>(passed(sqlite_) - before);
    table_.add({.what = "32 at a time, SQLite: lost", .value = lost, .unit = "decisions"});
  }

  static long passed(const Installation& installation) {
    return std::stol(
        installation.sql("SELECT SUM(passed_count) FROM greylisting_data WHERE rcpt_to LIKE 'known%'")
            .at(0)
            .at(0)
            .value());
  }

  void memory() {
    for (const Installation* installation : {&mariadb_, &sqlite_}) {
      const double resident = static_cast<double>(peak_resident(plugin(*installation, known_rcpt()))) / 1024;
      table_.add({.what = "peak resident memory, " + store(*installation), .value = resident, .unit = "MiB"});
      table_.add({.what = "address space that is enough, " + store(*installation),
                  .value = static_cast<double>(address_space(*installation)) / 1e6,
                  .unit = "MB"});
    }
  }

  // The least softlimit -m, in steps of 500000 bytes, under which a decision is recorded.
  static long address_space(const Installation& installation) {
    constexpr long kStep = 500000;
    constexpr long kMost = 64000000;
    test::Command command = installation.command(known_rcpt());
    command.arguments.insert(command.arguments.begin(), {"softlimit", "-m", ""});
    long limit = kStep;
    for (; limit < kMost; limit += kStep) {
      command.arguments[2] = std::to_string(limit);
      const long before = passed(installation);
      if (test::run(command).status == 0 && passed(installation) > before) break;
    }
    return limit;
  }

  // The same on a small store and on this one, before and after it has grown.
  template <typename Grow>
  void grown(const Installation& installation, const std::string& word, const std::string& what,
             const Grow& grow) {
    const bool is_sqlite = installation.backend() == Backend::sqlite;
    Installation small =
        is_sqlite ? Installation(Backend::sqlite, kSettings) : Installation(server_, kSettings);
    make_known(small);
    add_triplets(small, 1000);
    add_list_entries(small, 10);
    const auto start = std::chrono::steady_clock::now();
    grow();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::printf("<!-- %s: filled in %.0f s -->\n", store(installation).c_str(), took.count());
    const auto times =
        in_turn({always(plugin(small, known_rcpt())), always(plugin(installation, known_rcpt())),
                 always_new(small, word), always_new(installation, word)},
                rounds_);
    add("known triplet with " + what + ", " + store(installation), "a small store", times[0], times[1], 1.05);
    add("new triplet with " + what + ", " + store(installation), "a small store", times[2], times[3], 1.05);
  }

  void lists(const Installation& installation) {
    const std::size_t count = part(1e6, 100);
    grown(installation, "lists",
          std::to_string(count) + " networks and " + std::to_string(count / 10) + " domains",
          [&] { add_list_entries(installation, count); });
  }

  void triplets(const Installation& installation) {
    const std::size_t count = part(1e7, 1000);
    grown(installation, "triplets", std::to_string(count) + " triplets",
          [&] { add_triplets(installation, count); });
  }

  void large_mariadb() { large(mariadb_); }
  void large_sqlite() { large(sqlite_); }
  void large(const Installation& installation) {
    lists(installation);
    triplets(installation);
    report(installation);
  }

  // What there is now, all of it in the period.
  void report(const Installation& installation) {
    const std::string of = " over " + std::to_string(part(1e7, 1000)) + " records, " + store(installation);
    const Series known = always(plugin(installation, known_rcpt()));
    const Summary before = in_turn({known}, rounds_).front();

    test::Command command = installation.command();
    command.arguments = {built("greylistctl"), "--home", installation.home(), "report"};
    const auto start = std::chrono::steady_clock::now();
    BackgroundProcess report(command, installation.home() / "report.log");
    std::vector<Microseconds> times{time_of(known())};
    while (report.is_running()) times.push_back(time_of(known()));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const std::size_t decisions = times.size();
    const Summary meanwhile = summary(std::move(times));
    table_.add({.what = "report" + of, .value = took.count(), .unit = "s"});
    table_.add({.what = "p99 while there is a report" + of,
                .beside = "p99 without",
                .value = meanwhile.p99 / before.p99,
                .goal = 2,
                .detail = detail(before, meanwhile) + "; " + std::to_string(decisions) + " decisions"});
    const double resident =
        static_cast<double>(peak_resident({.file = built("greylistctl"),
                                           .environment = {{"QMAILDIR", installation.home()}},
                                           .argument = "report"})) /
        1024;
    table_.add({.what = "peak resident memory of a report" + of, .value = resident, .unit = "MiB"});
  }

  void cleanup_mariadb() { cleanup(mariadb_); }
  void cleanup_sqlite() { cleanup(sqlite_); }

  // The clean-up of a store of its own.
  void cleanup(const Installation& like) {
    const bool is_sqlite = like.backend() == Backend::sqlite;
    Installation installation =
        is_sqlite ? Installation(Backend::sqlite, kSettings) : Installation(server_, kSettings);
    make_known(installation);
    add_expired(installation, part(1e6, 1000));
    const Series known = always(plugin(installation, known_rcpt()));
    const Summary before = in_turn({known}, rounds_).front();

    test::Command command = installation.command();
    command.arguments = {built("greylistctl"), "--home", installation.home(), "cleanup"};
    const auto start = std::chrono::steady_clock::now();
    BackgroundProcess cleanup(command, installation.home() / "cleanup.log");
    std::vector<Microseconds> times{time_of(known())};
    while (cleanup.is_running()) times.push_back(time_of(known()));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const std::size_t decisions = times.size();
    const Summary meanwhile = summary(std::move(times));
    const std::string what =
        std::to_string(part(1e6, 1000)) + " expired rows are deleted, " + store(installation);
    table_.add({.what = "until " + what, .value = took.count(), .unit = "s"});
    table_.add({.what = "p99 while " + what,
                .beside = "p99 without",
                .value = meanwhile.p99 / before.p99,
                .goal = 1.5,
                .detail = detail(before, meanwhile) + "; " + std::to_string(decisions) + " decisions"});
  }

  double scale_;
  std::size_t rounds_;
  DatabaseServer server_;
  Installation mariadb_;
  Installation sqlite_;
  Table table_;
};

constexpr std::array<Bench::Part, 11> Bench::kParts{{{"skipped", &Bench::skipped},
                                                     {"alone", &Bench::alone},
                                                     {"dynamic", &Bench::dynamic},
                                                     {"policy", &Bench::policy},
                                                     {"expressions", &Bench::expressions},
                                                     {"at-once", &Bench::at_once},
                                                     {"memory", &Bench::memory},
                                                     {"large-mariadb", &Bench::large_mariadb},
                                                     {"large-sqlite", &Bench::large_sqlite},
                                                     {"cleanup-mariadb", &Bench::cleanup_mariadb},
                                                     {"cleanup-sqlite", &Bench::cleanup_sqlite}}};

}  // namespace
}  // namespace greylisting::bench

int main(int count, char** arguments) {
  using greylisting::bench::Bench;
  const double scale = count > 1 ? std::atof(arguments[1]) : 1;
  if (scale <= 0 || scale > 1) {
    std::fprintf(stderr, "bench: BENCH_SCALE is a number above 0 and up to 1\n");
    return 2;
  }
  const std::vector<std::string_view> parts(arguments + std::min(count, 2), arguments + count);
  for (const std::string_view part : parts) {
    if (std::ranges::find(Bench::kParts, part, &Bench::Part::name) != Bench::kParts.end()) continue;
    std::string there;
    for (const auto& each : Bench::kParts) there.append(" ").append(each.name);
    std::fprintf(stderr, "bench: BENCH_PARTS: there is no part %s; there are:%s\n", std::string(part).c_str(),
                 there.c_str());
    return 2;
  }
  try {
    Bench(scale).run(parts);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
