// greylistctl report on every store: what it says equals what was played, and what the store has.

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "ctl/report/json.h"
#include "ctl/report/text.h"
#include "ctl/report/words.h"
#include "ctl/report_page/charts.h"
#include "ctl/report_page/page.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "tests/support/standard_stream.h"
#include "text/utc.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Catch::Contains;
using Json = nlohmann::json;

constexpr std::string_view kSettings = "block_expire=10\nrecord_expire=500\nauto_allow_after=0\n";

Json report(const Installation& installation, const Arguments& more = {"--since", "3d"}) {
  const Result result = ctl(installation, joined({"report", "--json"}, more));
  CAPTURE(result.errors);
  REQUIRE(result.status == 0);
  CHECK(result.errors.empty());
  return Json::parse(result.output);
}

// Its tables, with one blank between columns.
std::string printed(const Installation& installation) {
  const Result result = ctl(installation, {"report", "--since", "3d"});
  CHECK(result.status == 0);
  CHECK(result.errors.empty());
  std::string text = result.output;
  for (auto blanks = text.find("  "); blanks != std::string::npos; blanks = text.find("  "))
    text.erase(blanks, 1);
  return text;
}

std::uint64_t count_records(const Installation& installation, const std::string& condition) {
  return std::stoull(
      installation.sql("SELECT COUNT(*) FROM greylisting_data WHERE pool IS NULL AND " + condition)
          .at(0)
          .at(0)
          .value());
}

// What is played, and counted by what the plugin logs.
class Played {
 public:
  explicit Played(const Installation& installation) : installation_(installation) {
    begin_journal(installation);
  }

  std::string attempt(const Rcpt& rcpt) {
    const Result result = installation_.attempt(rcpt);
    const std::string reason = logged(result, "reason");
    CAPTURE(result.errors);
    REQUIRE(!reason.empty());
    ++reasons_[reason];
    ++outcomes_[logged(result, "outcome")];
    return reason;
  }

  void check(const Json& decisions) const {
    CHECK(decisions.at("reasons") == Json(reasons_));
    for (const char* outcome : {"accepted", "deferred", "rejected"})
      CHECK(decisions.at(outcome) == (outcomes_.contains(outcome) ? outcomes_.at(outcome) : 0));
    CHECK(decisions.at("errors") == 0);
  }

 private:
  const Installation& installation_;
  std::map<std::string, unsigned> reasons_{};
  std::map<std::string, unsigned> outcomes_{};
};

// Mail that passes after 20 min, and mail that comes too early before; mail that never comes again, of which
// one message is from two networks; one that is denied. All that has not passed is over in the end.
void play_mail(const Installation& installation, Played& played) {
  installation.put({"deny", "sender", "denied.example"});
  const Rcpt good{.sender = "good@example.net"};
  const Rcpt hasty{.sender = "hasty@example.net"};
  REQUIRE(played.attempt(good) == "new");
  REQUIRE(played.attempt(hasty) == "new");
  installation.pass_time(5min);
  REQUIRE(played.attempt(hasty) == "early");
  installation.pass_time(15min);
  REQUIRE(played.attempt(good) == "retried");
  REQUIRE(played.attempt(hasty) == "retried");
  REQUIRE(played.attempt(good) == "known");
  REQUIRE(played.attempt({.sender = "x@denied.example"}) == "denied");

  for (const Rcpt& spam : std::vector<Rcpt>{{"198.51.100.1", "a@spam.example", "bob@example.org"},
                                            {"198.51.100.2", "b@spam.example", "bob@example.org"},
                                            {"198.51.100.3", "", "bob@example.org"},
                                            {"2001:db8:0:1::2", "c@other.example", "ann@example.org"},
                                            {"203.0.113.1", "m@pool.example", "ann@example.org"}})
    REQUIRE(played.attempt(spam) == "new");
  installation.pass_time(30min);
  REQUIRE(played.attempt({"192.0.2.99", "m@pool.example", "ann@example.org"}) == "new");
  installation.pass_time(501min);
}

// As many that were never retried, each of a client and a sender of its own.
void add_records_over(const Installation& installation, unsigned count) {
  std::string rows;
  const std::string over = installation.seconds_from_now(-60);
  for (unsigned i = 0; i < count; ++i) {
    const std::string number = std::to_string(i + 1);
    rows += (rows.empty() ? "(x'" : ", (x'") + std::string(32 - number.size(), '0') + number + "', " +
            number + ", x'c6336401', 'a" + number + "@example.com', 'b@example.org', " + over + ", " + over +
            ", 1)";
  }
  installation.sql(
      "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
      "record_expires, "
      "blocked_count) VALUES " +
      rows);
}

Json names_with_counts(const std::vector<std::pair<std::string, int>>& counts) {
  Json array = Json::array();
  for (const auto& [name, number] : counts) array.push_back({{"name", name}, {"count", number}});
  return array;
}

// The count of the bin that begins there, in minutes.
Json bin(const Json& durations, int minutes) {
  for (const Json& bin : durations.at("histogram")) {
    if (bin.at("from") == minutes * 60) return bin.at("count");
  }
  return {};
}

Json without(Json report, const Arguments& keys) {
  for (const std::string& key : keys) report.erase(key);
  return report;
}

void check_never_retried(const Json& all) {
  // Without those of the message that came from several networks (`pools`).
  CHECK(all.at("clients") == names_with_counts({{"198.51.100.0/24", 3}, {"2001:db8:0:1::/64", 1}}));
  CHECK(all.at("sender_domains") ==
        names_with_counts({{"spam.example", 2}, {"<>", 1}, {"other.example", 1}}));
  CHECK(all.at("recipients") == names_with_counts({{"bob@example.org", 3}, {"ann@example.org", 1}}));
}

}  // namespace

TEST_CASE("A report says what was decided and what came of it, before the clean-up and after it",
          "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  play_mail(installation, played);

  const Json before = report(installation);
  played.check(before.at("total").at("decisions"));
  Json by_hour = Json::object();
  for (const Json& hour : before.at("hours")) {
    for (const auto& [reason, number] : hour.at("decisions").at("reasons").items())
      by_hour[reason] = by_hour.value(reason, 0) + number.get<int>();
  }
  CHECK(by_hour == before.at("total").at("decisions").at("reasons"));

  const Json& waits = before.at("total").at("waits");
  CHECK(waits.at("count") == 2);
  CHECK(bin(waits, 15) == 2);
  CHECK(waits.at("percentiles").at("p50") == 1200);
  const Json& retries = before.at("total").at("first_retries");
  CHECK(retries.at("count") == 2);
  CHECK(bin(retries, 5) == 1);
  CHECK(bin(retries, 15) == 1);
  const std::map<int, int> in_time{{1, 2}, {5, 2}, {10, 1}, {15, 1}, {30, 0}, {55, 0}};
  CHECK(before.at("blocks").size() == in_time.size());
  for (const Json& block : before.at("blocks")) {
    CHECK(block.at("in_time") == in_time.at(block.at("block")));
    CHECK(block.at("share") == in_time.at(block.at("block")) / 2.0);
    CHECK(block.at("current") == (block.at("block") == 10));
  }

  const Json& records = before.at("total").at("records");
  CHECK(records.at("all") == count_records(installation, "1 = 1"));
  CHECK(records.at("passed") == count_records(installation, "passed_count > 0"));
  CHECK(records.at("never_retried") == count_records(installation, "passed_count = 0 AND blocked_count = 1"));
  CHECK(records.at("never_retried") == 6);
  CHECK(records.at("retried") == 0);
  CHECK(records.at("undecided") == 0);
  CHECK(records.at("never_retried_share") == 6 / 8.0);
  CHECK(records.at("undecided_share") == 0);
  check_never_retried(before);
  REQUIRE(before.at("pools").size() == 1);
  const Json& pool = before.at("pools").at(0);
  CHECK(pool.at("domain") == "pool.example");
  CHECK(pool.at("messages") == 1);
  CHECK(pool.at("networks") == 2);
  CHECK(pool.at("in_vain") == 1);
  CHECK(pool.at("longest_wait") >= 1800);
  CHECK(pool.at("longest_wait") < 1860);

  REQUIRE(ctl(installation, {"cleanup"}).status == 0);
  REQUIRE(count_records(installation, "passed_count = 0") == 0);
  const Json after = report(installation);
  CHECK(without(after, {"made"}) == without(before, {"made"}));

  // What is decided later is added; what was deferred just now is undecided.
  REQUIRE(played.attempt({.sender = "late@example.net"}) == "new");
  REQUIRE(played.attempt({.sender = "good@example.net"}) == "known");
  const Json later = report(installation);
  played.check(later.at("total").at("decisions"));
  CHECK(later.at("total").at("records").at("undecided") == 1);
  CHECK(later.at("total").at("records").at("never_retried") == 6);
  CHECK(later.at("total").at("records").at("never_retried_share") == 6 / 9.0);
  CHECK(later.at("total").at("records").at("undecided_share") == 1 / 9.0);
  check_never_retried(later);
}

TEST_CASE("What a report prints are the figures of its JSON", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  play_mail(installation, played);
  const Json all = report(installation);
  const std::string text = printed(installation);
  CAPTURE(text);
  CHECK_THAT(text, Catch::StartsWith("Greylisting from " + all.at("since").get<std::string>() + " to " +
                                     all.at("until").get<std::string>() + ", whole days in UTC\n"));
  CHECK_THAT(text, Contains("\n accepted 3 23.1 %\n deferred 9 69.2 %\n rejected 1 7.7 %\n"));
  CHECK_THAT(text, Contains("\n never retried 6 75.0 %\n"));
  CHECK_THAT(text, Contains("\n15 to 30 min 2 100.0 % ####"));
  CHECK_THAT(text, Contains("\n10 min (now) 1 50.0 %\n"));
  CHECK_THAT(std::regex_replace(text, std::regex("\n"), " "),
             Contains("50.0 % of the first retries come when it is over and pass at once"));
  CHECK_THAT(text, Contains("\n198.51.100.0/24 3\n"));
  CHECK_THAT(text, Contains("\npool.example 1 2 30 min 1\n"));
}

TEST_CASE("A message that moves to another network is found with its wait until it passed", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  const Rcpt first{.client = "198.51.100.1", .sender = "m@pool.example"};
  const Rcpt second{.client = "203.0.113.1", .sender = "m@pool.example"};
  Played played(installation);
  const auto retry = [&](const Rcpt& rcpt) {
    REQUIRE(played.attempt(rcpt) == "new");
    installation.pass_time(11min);
    REQUIRE(played.attempt(rcpt) == "retried");
  };
  REQUIRE(played.attempt(first) == "new");
  installation.pass_time(20min);
  REQUIRE(played.attempt(second) == "new");
  installation.pass_time(20min);
  REQUIRE(played.attempt(first) == "retried");
  // Those that passed wherever they came from did not wait anew.
  retry({.client = "198.51.100.1", .sender = "n@pool.example"});
  retry({.client = "203.0.113.1", .sender = "n@pool.example"});
  // Those of the null sender may be as many messages.
  REQUIRE(played.attempt({.client = "198.51.100.1", .sender = ""}) == "new");
  REQUIRE(played.attempt({.client = "203.0.113.1", .sender = ""}) == "new");
  installation.pass_time(501min);
  const Json pools = report(installation).at("pools");
  REQUIRE(pools.size() == 1);
  CHECK(pools.at(0).at("messages") == 1);
  CHECK(pools.at(0).at("networks") == 2);
  CHECK(pools.at(0).at("in_vain") == 0);
  CHECK(pools.at(0).at("longest_wait") >= 2400);
  CHECK(pools.at(0).at("longest_wait") < 2460);
  REQUIRE(ctl(installation, {"cleanup"}).status == 0);
  CHECK(report(installation).at("pools") == pools);
}

TEST_CASE("Clean-ups leave a provider's messages and waits in the report as they were", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  const auto from = [](const std::string& network, unsigned message) {
    return Rcpt{.client = network + ".1", .sender = "m" + std::to_string(message) + "@pool.example"};
  };
  // Each waits longer than the one before. One comes in from its first network, the next from another, the
  // third from none, and the fourth after its first record has expired.
  constexpr unsigned kMessages = 12;
  for (unsigned i = 0; i < kMessages; ++i) {
    REQUIRE(played.attempt(from("198.51.100", i)) == "new");
    installation.pass_time(std::chrono::minutes(5 + i));
    REQUIRE(played.attempt(from("203.0.113", i)) == "new");
    if (i % 3 == 2) REQUIRE(played.attempt(from("192.0.2", i)) == "new");
    installation.pass_time(15min);
    if (i % 4 == 3) {
      installation.pass_time(480min);
      REQUIRE(played.attempt(from("203.0.113", i)) == "retried");
    } else if (i % 3 != 2) {
      REQUIRE(played.attempt(from(i % 3 == 0 ? "198.51.100" : "203.0.113", i)) == "retried");
    }
    // They know the sender from now on.
    if (i % 6 == 0) REQUIRE(played.attempt(from("198.51.100", i)) == "known");
    REQUIRE(ctl(installation, {"cleanup", "--batch", "2", "--pause", "0"}).status == 0);
  }
  installation.pass_time(501min);
  const Json before = report(installation).at("pools");
  REQUIRE(before.size() == 1);
  CHECK(before.at(0).at("messages") == kMessages);
  CHECK(before.at(0).at("networks") == 3);
  CHECK(before.at(0).at("in_vain") == 7);
  CHECK(before.at(0).at("longest_wait") >= (5 + 11 + 15 + 480) * 60);
  CHECK(before.at(0).at("longest_wait") < (5 + 11 + 15 + 480 + 1) * 60);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(ctl(installation, {"cleanup"}).status == 0);
    CHECK(count_records(installation, "passed_count = 0") == 0);
    CHECK(report(installation).at("pools") == before);
  }
  // The records of what has passed are deleted much later, and are no messages of their own.
  installation.sql("UPDATE greylisting_data SET record_expires = " + installation.seconds_from_now(-1));
  REQUIRE(ctl(installation, {"cleanup"}).status == 0);
  CHECK(count_records(installation, "1 = 1") == 0);
  CHECK(report(installation).at("pools") == before);
}

TEST_CASE("Failed records stay until all of their message is known", "[report][cleanup]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  const Rcpt first{.client = "198.51.100.1", .sender = "m@pool.example"};
  const Rcpt second{.client = "203.0.113.1", .sender = "m@pool.example"};
  REQUIRE(played.attempt(first) == "new");
  REQUIRE(played.attempt({.sender = "alone@example.net"}) == "new");
  installation.pass_time(60min);
  REQUIRE(played.attempt(second) == "new");
  installation.pass_time(450min);
  const std::string cleaned = ctl(installation, {"cleanup"}).output;
  CHECK_THAT(cleaned, Contains("expired records deleted: 1,"));
  CHECK(count_records(installation, "mail_from = 'm@pool.example'") == 2);
  // An attempt in the meantime is a new one, as it is without the clean-up.
  SECTION("both fail") { installation.pass_time(60min); }
  SECTION("the first is made anew") {
    REQUIRE(played.attempt(first) == "new");
    installation.pass_time(501min);
  }
  const Json before = report(installation).at("pools");
  REQUIRE(before.size() == 1);
  REQUIRE(ctl(installation, {"cleanup"}).status == 0);
  CHECK(count_records(installation, "1 = 1") == 0);
  CHECK(report(installation).at("pools") == before);
}

TEST_CASE("A report counts every record of a store that is read in slices, and those of its days alone",
          "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  constexpr unsigned kRecords = 12000;
  const std::string over = installation.seconds_from_now(-60);
  const std::string created = installation.seconds_from_now(-3600);
  const std::string long_ago = installation.seconds_from_now(-40 * 86400);
  for (unsigned first = 0; first < kRecords; first += 4000) {
    std::string rows;
    for (unsigned i = first; i < first + 4000; ++i) {
      const std::string number = std::to_string(i);
      rows += (rows.empty() ? "(x'" : ", (x'") + std::string(32 - number.size(), '0') + number + "', " +
              number + ", x'c63364" + (i % 2 == 0 ? "01" : "02") + "', 'a" + number +
              "@example.com', 'b@example.org', " + over + ", " + over + ", 1, " + (i % 3 == 0 ? "1" : "0") +
              ", " + (i % 4 == 0 ? long_ago : created) + ')';
    }
    installation.sql(
        "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
        "record_expires, blocked_count, passed_count, create_time) VALUES " +
        rows);
  }
  const Json all = report(installation);
  const Json& records = all.at("total").at("records");
  CHECK(records.at("passed") == 3000);
  CHECK(records.at("never_retried") == 6000);
  CHECK(all.at("clients") == names_with_counts({{"198.51.100.0/24", 6000}}));
  CHECK(report(installation, {"--since", "60d", "--until", "35d"})
            .at("total")
            .at("records")
            .at("never_retried") == 2000);

  // Every day has its place from the first on of which anything is known.
  const Json longer = report(installation, {"--since", "60d"});
  const Json& days = longer.at("days");
  CHECK(days.size() >= 41);
  CHECK(days.size() <= 42);
  CHECK(days.at(0).at("records").at("passed") == 1000);
  CHECK(days.at(5).at("records").at("all") == 0);
  CHECK(days.at(5).at("records").at("never_retried_share").is_null());
  CHECK(days.at(5).at("decisions").at("accepted") == 0);
}

TEST_CASE("A report tells what is undecided as such, beside what passed at once", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  const Rcpt good{.sender = "good@example.net"};
  REQUIRE(played.attempt(good) == "new");
  installation.pass_time(11min);
  REQUIRE(played.attempt(good) == "retried");
  const Rcpt hasty{.sender = "hasty@example.net"};
  REQUIRE(played.attempt(hasty) == "new");
  REQUIRE(played.attempt(hasty) == "early");
  for (const char* const slow : {"a@example.net", "b@example.net"})
    REQUIRE(played.attempt({.sender = slow}) == "new");
  // Of one day, at midnight, too.
  installation.sql("UPDATE greylisting_data SET create_time = CURRENT_TIMESTAMP");

  const Json open = report(installation).at("total").at("records");
  CHECK(open.at("all") == 4);
  CHECK(open.at("undecided") == 3);
  CHECK(open.at("retried") == 0);
  CHECK(open.at("never_retried_share") == 0);
  CHECK(open.at("undecided_share") == 0.75);
  const std::string text = printed(installation);
  CHECK_THAT(text, Contains("\n passed 1 25.0 %\n retried and never passed 0 0.0 %\n never retried 0 0.0 %\n "
                            "undecided: may still be retried 3 75.0 %\n"));
  CHECK_THAT(text, Contains("\nday new triplets passed never retried undecided\n"));
  CHECK_THAT(text, Contains(" so far 4 25.0 % 0.0 % 75.0 %\n"));
  const Result page = ctl(installation, {"report", "--since", "3d", "--html", "-"});
  CHECK_THAT(page.output, Contains("never retried</li>") && Contains("undecided</li>"));
  CHECK_THAT(page.output,
             Contains(": 0.0 % of 4; undecided: 75.0 %</title><rect class=\"undecided largest\""));
  CHECK_THAT(page.output, Contains("<dd class=\"note\">of 4 first attempts; undecided: 75.0 %</dd>"));

  installation.pass_time(501min);
  for (const bool is_cleaned : {false, true}) {
    CAPTURE(is_cleaned);
    const Json over = report(installation).at("total").at("records");
    CHECK(over.at("undecided") == 0);
    CHECK(over.at("retried") == 1);
    CHECK(over.at("never_retried") == 2);
    CHECK(over.at("never_retried_share") == 0.5);
    CHECK(over.at("undecided_share") == 0);
    REQUIRE(ctl(installation, {"cleanup"}).status == 0);
  }
}

TEST_CASE("What is forgotten before it has passed is not said to have never been retried", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  const Rcpt passed{.sender = "good@example.net"};
  const Rcpt waiting{.sender = "waiting@example.net"};
  REQUIRE(played.attempt(passed) == "new");
  REQUIRE(played.attempt(waiting) == "new");
  REQUIRE(played.attempt(waiting) == "early");
  installation.pass_time(11min);
  REQUIRE(played.attempt(passed) == "retried");
  REQUIRE(played.attempt({.sender = "new@example.net"}) == "new");
  REQUIRE(ctl(installation, {"forget", "--client", passed.client}).status == 0);
  for (const bool is_cleaned : {false, true}) {
    CAPTURE(is_cleaned);
    const Json records = report(installation).at("total").at("records");
    CHECK(records.at("all") == 1);
    CHECK(records.at("passed") == 1);
    CHECK(report(installation).at("clients").empty());
    REQUIRE(ctl(installation, {"cleanup"}).status == 0);
  }
}

TEST_CASE("A report counts what a clean-up deletes meanwhile once, or says that it may not", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  constexpr unsigned kRecords = 2500;
  add_records_over(installation, kRecords);
  const Command cleanup{.arguments = {built("greylistctl"), "--home", installation.home(), "cleanup",
                                      "--batch", "2", "--pause", "1"}};
  Settings settings;
  if (installation.backend() != Backend::sqlite)
    settings.mysql_default_file = installation.home() / "control/mysql-admin.cnf";
  settings.sqlite_file = installation.home() / "greylisting/greylisting.db";
  const auto administration = open_administration(settings);
  const std::string since = later(installation.now().substr(0, 10) + " 00:00:00", -24h);
  const auto never_retried = [](const ctl::RecordFigures& figures) {
    ctl::RecordCounts all;
    for (const auto& [day, counts] : figures.days) all.add(counts);
    return all.never_retried;
  };
  const auto read = [&](std::chrono::seconds patience) {
    return ctl::read_records(*administration, settings, {.since = since, .until = later(since, 72h)},
                             patience);
  };
  BackgroundProcess cleaner(cleanup, installation.home() / "log");
  bool was_warned = false;
  while (!was_warned && cleaner.is_running()) {
    const ctl::RecordFigures figures = read(0s);
    was_warned = figures.may_count_twice;
    if (!was_warned) CHECK(never_retried(figures) == kRecords);
  }
  CHECK(was_warned);
  const ctl::RecordFigures figures = read(10min);
  CHECK_FALSE(figures.may_count_twice);
  CHECK(never_retried(figures) == kRecords);
  CHECK(cleaner.wait() == 0);
  const Json after = report(installation);
  CHECK(after.at("may_count_twice") == false);
  CHECK(after.at("total").at("records").at("never_retried") == kRecords);
}

TEST_CASE("A report that may count twice says so", "[report]") {
  ctl::Figures figures{.period = {.first = "2026-11-20", .last = "2026-11-21"},
                       .made = "2026-11-21 06:00:00",
                       .block = 10min,
                       .may_count_twice = true,
                       .days = {{.date = "2026-11-20"}, {.date = "2026-11-21"}}};
  const std::string words(ctl::kMayCountTwice);
  const auto printed = [&figures] {
    const StandardStream output(STDOUT_FILENO);
    ctl::print(figures, false);
    std::cout.flush();
    std::string text;
    for (const std::string& part : output.writes()) text += part;
    return text;
  };
  CHECK_THAT(printed(), Contains(words));
  CHECK_THAT(ctl::page(figures), Contains(words));
  CHECK(nlohmann::json::parse(ctl::json_of(figures).text())["may_count_twice"] == true);
  figures.may_count_twice = false;
  CHECK_THAT(printed(), !Contains(words));
  CHECK_THAT(ctl::page(figures), !Contains(words));
}

TEST_CASE("A report says from this site's own first retries which block would be best", "[report]") {
  struct Example {
    ctl::Durations first_retries;
    std::optional<std::chrono::minutes> best;
  };
  const auto row = GENERATE(values<Example>({
      {{}, std::nullopt},
      {{{6min, 19}}, std::nullopt},
      {{{30s, 500}, {6min, 19}}, std::nullopt},  // no block lets those through that come at once
      {{{6min, 20}}, 6min},
      {{{5min, 10}, {16min, 190}}, 16min},  // one in twenty may wait
      {{{5min, 11}, {16min, 190}}, 5min},
      {{{30s, 500}, {5min, 50}, {16min, 50}, {4h, 1}}, 5min},
      {{{65s, 100}}, 1min},
      {{{4h, 20}}, 60min},
  }));
  CHECK(ctl::best_block(row.first_retries) == row.best);

  ctl::Figures figures{.period = {.first = "2026-11-20", .last = "2026-11-21"},
                       .made = "2026-11-21 06:00:00",
                       .block = 10min,
                       .days = {{.date = "2026-11-20"}},
                       .total = {.first_retries = {{6min, 20}}}};
  CHECK_THAT(ctl::block_sentence(figures),
             Contains(" Best would be block_expire=6, the longest block for which at least 95 % of those "
                      "that come after a minute or later are in time."));
  figures.block = 6min;
  CHECK_THAT(ctl::block_sentence(figures), Contains(" Best would be this one, the longest "));
  figures.total.first_retries = {{6min, 19}};
  CHECK_THAT(ctl::block_sentence(figures),
             Contains(" Too few came after a minute or later to say which block would be best."));
  CHECK(nlohmann::json::parse(ctl::json_of(figures).text())["best_block"].is_null());
}

TEST_CASE("A report's page says of waits and refusals what holds whatever is set", "[report]") {
  const ctl::Tally tally{.decisions = {{"retried", 1}}, .waits = {{20min, 1}}};
  const std::string page = ctl::page({.period = {.first = "2026-11-20", .last = "2026-11-21"},
                                      .made = "2026-11-21 06:00:00",
                                      .block = 2min,
                                      .days = {{.date = "2026-11-20"}, {.date = "2026-11-21"}},
                                      .total = tally});
  CHECK_THAT(page, !Contains("never shorter"));
  CHECK_THAT(page,
             Contains("it is 2 min now (block_expire), where the administrator has not said otherwise"));
  CHECK_THAT(page, Contains("rounded down: of 5 s up to ten minutes, of a minute up to two hours"));
  CHECK_THAT(
      page, Contains("or the client has written to a trap. The sending server does not try again, unless the "
                     "reply of the entry is temporary (4NN)."));
}

TEST_CASE("A report's page leads with three figures and how they have changed", "[report]") {
  ctl::Figures figures{
      .period = {.first = "2026-11-20", .last = "2026-11-21"},
      .host = "mx1.example.org",
      .made = "2026-11-21 06:00:00",
      .block = 5min,
      .days = {{.date = "2026-11-20"}, {.date = "2026-11-21"}},
      .total = {.decisions = {{"retried", 31}, {"known", 69}}, .waits = {{14min, 31}}},
      .records = {.passed = 25, .never_retried = 75},
      .total_before = {.decisions = {{"retried", 35}, {"known", 65}}, .waits = {{12min, 35}}},
      .records_before = {.passed = 20, .never_retried = 80},
      .days_before = 2};
  const std::string page = ctl::page(figures);
  for (const char* const text :
       {">75.0 %<", ">never came back<", ">\u22125.0 points on the 2 days before<", ">69.0 %<",
        ">accepted at once<", ">+4.0 points on the 2 days before<", ">14 min<", ">median delay<",
        ">+2 min on the 2 days before<", ">mx1.example.org, 2026-11-20 to 2026-11-21, as of 06:00 UTC<",
        ">2026-11-21 so far<", ">so far</text>"})
    CHECK_THAT(page, Contains(text));
  CHECK_THAT(page, !Contains(">2026-11-20 so far<"));

  // A narrow last column's words end with it, so that they are whole.
  figures.days.assign(20, {.date = "2026-11-21"});
  CHECK_THAT(ctl::page(figures),
             Contains(R"(<text class="label at-edge" x="100.0000%")") && Contains(">so far</text>"));

  // Only of one of the days before anything is known.
  figures.days_before = 1;
  CHECK_THAT(ctl::page(figures), Contains(">+4.0 points on the day before<") && !Contains("days before"));

  // Nothing to compare with, and a day that is over.
  figures.total_before = {};
  figures.records_before = {};
  figures.made = "2026-11-22 00:00:00";
  figures.days.resize(2);
  const std::string alone = ctl::page(figures);
  CHECK_THAT(alone, !Contains("days before") && !Contains("so far") && Contains("whole days in UTC"));
}

TEST_CASE("A report's page says what is of fewer days than a week among weeks", "[report]") {
  ctl::Figures figures{.period = {.first = "2025-11-27", .last = "2026-11-26"},
                       .made = "2026-11-27 06:00:00",
                       .block = 5min,
                       .total = {.decisions = {{"known", 365}}}};
  std::string date = figures.period.first + " 00:00:00";
  for (int i = 0; i < 365; ++i, date = later(date, std::chrono::days(1)))
    figures.days.push_back({.date = date.substr(0, 10), .tally = {.decisions = {{"known", 1}}}});
  std::string page = ctl::page(figures);
  CHECK_THAT(page, Contains("The first column is of 1 day, the others are of a week.") &&
                       Contains("1 day from 2025-11-27: 1 accepted") &&
                       Contains("week from 2025-11-28: 7 accepted"));
  figures.days.erase(figures.days.begin());
  page = ctl::page(figures);
  CHECK_THAT(page, !Contains("The first column") && Contains("week from 2025-11-28: 7 accepted"));
}

TEST_CASE("A report's page is compared with the days before of which anything is known", "[report]") {
  const Installation installation(Backend::sqlite);
  const auto add = [&](int days_ago) {
    installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES (" +
                     installation.seconds_from_now(-86400 * days_ago) + ", 'decision', 'known', 'mx1', 5)");
  };
  add(1);
  add(44);
  CHECK_THAT(ctl(installation, {"report", "--html", "-"}).output,
             Contains(">unchanged from the 15 days before<"));
  add(70);
  CHECK_THAT(ctl(installation, {"report", "--html", "-"}).output,
             Contains(">unchanged from the 15 days before<"));
}

TEST_CASE("A report's page has percentages in one form", "[report]") {
  const std::string page =
      ctl::page({.period = {.first = "2026-11-21", .last = "2026-11-21"},
                 .made = "2026-11-22 06:00:00",
                 .block = 5min,
                 .days = {{.date = "2026-11-21", .records = {.passed = 15, .never_retried = 0}}},
                 .total = {.decisions = {{"retried", 31}}, .first_retries = {{6min, 20}}},
                 .records = {.passed = 15, .never_retried = 0}});
  CHECK_THAT(page, Contains(">0.0 %<") && !Contains(">0 %</dd>") && Contains("class=\"value"));
  CHECK(std::regex_search(page, std::regex("class=\"value[^\"]*\"[^>]*>100\\.0 %<")));
}

TEST_CASE("A report's axes end just above the maximum, by steps of 1, 2, 2.5 or 5", "[report]") {
  const auto scale = [](std::uint64_t most) {
    const std::string text = ctl::svg(
        {.id = "x", .title = "", .description = "", .parts = {{"a", "a"}}, .columns = {{"l", "d", {most}}}});
    std::string numbers;
    const std::regex number("class=\"scale\"[^>]*>([0-9,]+)<");
    for (auto each = std::sregex_iterator(text.begin(), text.end(), number); each != std::sregex_iterator();
         ++each)
      numbers += (numbers.empty() ? "" : " ") + (*each)[1].str();
    return numbers;
  };
  CHECK(scale(1) == "1");
  CHECK(scale(5) == "1 2 3 4 5");
  CHECK(scale(7) == "2 4 6 8");
  CHECK(scale(62) == "20 40 60 80");
  CHECK(scale(110) == "25 50 75 100 125");
  CHECK(scale(850) == "200 400 600 800 1,000");
  CHECK(scale(1001) == "250 500 750 1,000 1,250");
  CHECK(scale(2100) == "500 1,000 1,500 2,000 2,500");
}

TEST_CASE("A report's page labels every bar of its histogram with its range", "[report]") {
  const std::string page = ctl::page({.period = {.first = "2026-11-20", .last = "2026-11-21"},
                                      .made = "2026-11-22 06:00:00",
                                      .block = 5min,
                                      .days = {{.date = "2026-11-20"}, {.date = "2026-11-21"}},
                                      .total = {.decisions = {{"retried", 1}}, .waits = {{20min, 1}}}});
  for (const char* const range :
       {"&lt;1 min", "1–5 min", "15–30 min", "30–60 min", "1–2 h", "12–24 h", "24 h+"})
    CHECK_THAT(page, Contains(std::string("class=\"label range\"")) &&
                         Contains('>' + std::string(range) + "</text>"));
}

TEST_CASE("A report can leave names out, and tells providers' mail from that of others", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  const std::string yesterday =
      installation.sql("SELECT " + installation.seconds_from_now(-86400)).at(0).at(0).value().substr(0, 10);
  std::string rows;
  for (const auto& [kind, name, total] :
       std::vector<std::tuple<std::string, std::string, int>>{{"decision", "known", 69},
                                                              {"decision", "retried", 31},
                                                              {"wait", "840", 31},
                                                              {"record", "passed", 25},
                                                              {"record", "never-retried", 75},
                                                              {"client", "198.51.100.0/24", 40},
                                                              {"sender-domain", "spam.example", 60},

                                                              {"recipient", "bob@example.org", 75},
                                                              {"pool", "pool.example", 6},
                                                              {"pool-messages", "pool.example", 3},
                                                              {"pool-wait", "pool.example", 7200}})
    rows += (rows.empty() ? "('" : ", ('") + yesterday + " 00:00:00', '" + kind + "', '" + name +
            "', 'mx1', " + std::to_string(total) + ')';
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES " + rows);

  const Json all = report(installation, {"--since", "3d"});
  CHECK(all.at("sender_domains") == names_with_counts({{"spam.example", 60}}));
  const auto page = [&installation](const std::vector<std::string>& more) {
    std::vector<std::string> words{"report", "--since", "3d", "--html", "-"};
    words.insert(words.end(), more.begin(), more.end());
    return ctl(installation, words).output;
  };
  CHECK_THAT(page({}), Contains("<code>greylistctl import spf pool.example</code>"));
  for (const std::string& shown :
       {page({"--no-names"}), ctl(installation, {"report", "--since", "3d", "--no-names"}).output,
        ctl(installation, {"report", "--mail", "--no-names"}).output})
    CHECK_THAT(shown, !Contains("spam.example") && !Contains("pool.example") && !Contains("bob@") &&
                          !Contains("198.51.100"));

  const Result mail = ctl(installation, {"report", "--mail"});
  CAPTURE(mail.output, mail.errors);
  CHECK(mail.status == 0);
  const std::string text = std::regex_replace(mail.output, std::regex(" +"), " ");
  for (const char* const line :
       {"\n yesterday average of the 7 days before\n", "\naccepted 100 -\n", "\n at once 69.0 % -\n",
        "\n median delay of the rest 14 min -\n", "\n never retried 75.0 % -\n",
        "\n pool.example, longest wait 2 h; to let it in: greylistctl import spf pool.example\n"})
    CHECK_THAT(text, Contains(line));
  CHECK(ctl(installation, {"report", "--mail", "--since", "3d"}).status == 2);
}

TEST_CASE("A report covers as many days as it is told, today among them", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  const auto day = [&installation](int days_ago) {
    return later(installation.now(), std::chrono::days(-days_ago)).substr(0, 10);
  };
  const auto utc_literal = [&installation](const std::string& time) {
    return installation.backend() == Backend::sqlite ? '\'' + time + '\''
                                                     : "CONVERT_TZ('" + time + "', '+00:00', @@time_zone)";
  };
  // One first attempt on each of ten days, at noon and of today at its beginning.
  std::string rows;
  for (int i = 0; i < 10; ++i) {
    rows += (i == 0 ? "(" : ", (") + std::string("x'") + std::string(31, '0') + std::to_string(i) + "', " +
            std::to_string(i + 1) + ", x'c6336401', 'a@example.com', 'b@example.org', " +
            installation.seconds_from_now(-60) + ", " + installation.seconds_from_now(-60) + ", 1, " +
            utc_literal(day(i) + (i == 0 ? " 00:00:00" : " 12:00:00")) + ')';
  }
  installation.sql(
      "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, "
      "block_expires, record_expires, blocked_count, create_time) VALUES " +
      rows);
  const std::string before = day(0);
  for (const auto& [since, days] : std::map<std::string, std::size_t>{
           {"7d", 7}, {"1w", 7}, {"1d", 1}, {"24h", 1}, {"90m", 1}, {"25h", 2}, {"36h", 2}, {"3d", 3}}) {
    CAPTURE(since);
    const Json all = report(installation, {"--since", since});
    if (day(0) != before) return;  // midnight has come in between
    CHECK(all.at("until") == day(0));
    CHECK(all.at("since") == day(static_cast<int>(days) - 1));
    CHECK(all.at("days").size() == days);
    CHECK(all.at("total").at("records").at("all") == days);
  }
  CHECK(report(installation, {"--since", day(4)}).at("days").size() == 5);
  // So many days are those up to the last one.
  for (const Arguments& until : std::vector<Arguments>{{"--until", day(2)}, {"--until", "48h"}}) {
    const Json all = report(installation, joined({"--since", "3d"}, until));
    CHECK(all.at("until") == day(2));
    CHECK(all.at("since") == day(4));
    CHECK(all.at("total").at("records").at("all") == 3);
  }
  CHECK(report(installation, {}).at("since") == day(29));
}

TEST_CASE("A report ends today, whatever day it is to end on", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  Played played(installation);
  REQUIRE(played.attempt({}) == "new");
  const std::string today = installation.now().substr(0, 10);
  const Json all = report(installation, {"--since", today, "--until", "2999-12-31"});
  CHECK(all.at("until") == installation.now().substr(0, 10));
  CHECK(all.at("days").size() == (all.at("until") == today ? 1U : 2U));
  played.check(all.at("total").at("decisions"));
  const Result future = ctl(installation, {"report", "--since", "2999-12-30", "--until", "2999-12-31"});
  CHECK(future.status == 2);
  CHECK_THAT(future.errors, Contains("--since: 2999-12-30 is after the last day of the report"));
}

TEST_CASE("A report says when it knows nothing", "[report]") {
  const Installation installation(any_backend(), kSettings);
  const Result result = ctl(installation, {"report"});
  CHECK(result.status == 0);
  CHECK_THAT(result.output, Catch::EndsWith("\nNothing is known of that time.\n"));
  CHECK_THAT(ctl(installation, {"report", "--html", "-"}).output,
             Contains("Each decision is written into a journal") && Contains("run greylistctl check."));
  CHECK(report(installation).at("days").empty());
}

TEST_CASE("What comes from mail is text on a report's page", "[report]") {
  const Installation installation(any_backend(), kSettings);
  CAPTURE(name(installation.backend()));
  REQUIRE(
      installation.attempt({.sender = "x@<script>alert(1)</script>", .recipient = "\"a&<b>'\"@example.org"})
          .status == 0);
  installation.pass_time(501min);
  const fs::path file = installation.home() / "report.html";
  REQUIRE(ctl(installation, {"report", "--since", "3d", "--html", file}).status == 0);
  const std::string page = read_file(file);
  CHECK_THAT(page, !Contains("<script") && !Contains("<b>"));
  CHECK_THAT(page, Contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
  CHECK_THAT(page, Contains("a&amp;&lt;b&gt;&#39;"));
}

TEST_CASE("With privacy=hash a report has hashes alone", "[report]") {
  Installation installation(any_backend(), std::string(kSettings) + "privacy=hash\n");
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/greylisting_key", "0123456789abcdef0123456789abcdef\n", 0600);
  REQUIRE(installation.attempt({.sender = "alice@example.net"}).status == 0);
  installation.pass_time(501min);
  const Json all = report(installation);
  CHECK(all.at("hashed") == true);
  CHECK(all.at("recipients").size() == 1);
  const Result text = ctl(installation, {"report", "--since", "3d"});
  CHECK_THAT(text.output, !Contains("alice") && !Contains("example.net") && !Contains("bob@"));
  CHECK_THAT(text.output, Contains("Addresses are shown as privacy=hash has stored them."));
}

TEST_CASE("A report's page is written whole, readable for all, and never through a link", "[report]") {
  const Installation installation(Backend::sqlite, kSettings);
  installation.sql("SELECT 1");
  const TemporaryDirectory here;
  Command command = ctl_command(installation, {"report", "--html", "page.html"});
  command.directory = here.path();
  const mode_t mask = umask(077);
  const Result written = run(command);
  umask(mask);
  CAPTURE(written.errors);
  CHECK(written.status == 0);
  CHECK(written.output.empty());
  CHECK_THAT(read_file(here / "page.html"),
             Catch::StartsWith("<!DOCTYPE html>\n<html lang=\"en\">") && Catch::EndsWith("</html>\n"));
  struct stat status = {};
  REQUIRE(stat((here / "page.html").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0644);
  CHECK(status.st_uid == geteuid());
  CHECK(std::distance(fs::directory_iterator(here.path()), {}) == 1);

  write_file(here / "mine", "mine");
  fs::remove(here / "page.html");
  fs::create_symlink("mine", here / "page.html");
  const Result refused = run(command);
  CHECK(refused.status == 1);
  CHECK_THAT(refused.errors, Contains("page.html: is a symbolic link, which is not replaced"));
  CHECK(read_file(here / "mine") == "mine");

  const Result nowhere = ctl(installation, {"report", "--html", here / "missing/page.html"});
  CHECK(nowhere.status == 1);
  CHECK_THAT(nowhere.errors, Contains("missing/page.html"));
}

TEST_CASE("A report says what is wrong with its days", "[report]") {
  const Installation installation(any_backend(), kSettings);
  const auto [arguments, error] = GENERATE(
      std::pair<Arguments, std::string>{{"--since", "soon"}, "--since: \"soon\" is neither a duration"},
      std::pair<Arguments, std::string>{{"--until", "2026-13-01"},
                                        "--until: \"2026-13-01\" is neither a duration"},
      std::pair<Arguments, std::string>{
          {"--since", "2020-02-02", "--until", "2020-02-01"},
          "--since: 2020-02-02 is after the last day of the report, 2020-02-01"});
  Arguments all{"report"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Result result = ctl(installation, all);
  CHECK(result.status == 2);
  CHECK(result.output.empty());
  CHECK_THAT(result.errors, Catch::StartsWith("greylistctl: " + error));
}

}  // namespace greylisting::test
