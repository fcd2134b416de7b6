// A day of mail through the plugin, and every figure of status, metrics and report beside a count of what was
// played.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iomanip>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/records/history.h"
#include "tests/support/another_user.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "tests/support/stored.h"
#include "text/utc.h"
#include "version.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using std::chrono::minutes;

struct StepOfDay {
  minutes after;  // since the one before
  Rcpt rcpt;
  std::string reason;  // `error` for none
  bool is_first_retry = false;
};

// What can be decided, where it stands on the screen, and whether it does where there is none of it.
struct ReasonWord {
  std::string reason;
  std::string outcome;
  std::string line;
  bool is_rare = false;
};
const std::vector<ReasonWord> kReasonWords{
    {"new", "deferred", "deferred: new"},
    {"early", "deferred", "deferred: retried too early"},
    {"throttled", "deferred", "deferred: too many of a client wait", true},
    {"trap", "deferred", "deferred: in a trap", true},
    {"too-many", "deferred", "deferred: too many recipients", true},
    {"shared", "deferred", "deferred: with another recipient", true},
    {"retried", "accepted", "passed: retried after the block"},
    {"known", "accepted", "passed: known"},
    {"trusted", "accepted", "passed: client trusted"},
    {"expected", "accepted", "passed: expected"},
    {"allowed", "accepted", "passed: allowed"},
    {"opted-out", "accepted", "passed: opted out", true},
    {"not-listed", "accepted", "passed: not listed (explicit)", true},
    {"not-suspicious", "accepted", "passed: not suspicious", true},
    {"null-sender", "accepted", "passed: null sender", true},
    {"denied", "rejected", "refused: denied"},
    {"trapped", "rejected", "refused: client was in a trap"}};

Rcpt from(const std::string& client, const std::string& sender,
          const std::string& recipient = "bob@example.org") {
  return {.client = client, .sender = sender, .recipient = recipient};
}

Rcpt pool(const std::string& client) {
  return {.client = client, .sender = "news@pool.example", .environment = {{"SPFRESULT", "pass"}}};
}

// Blocks of 55 minutes; a client is trusted after two hours in which its mail has passed.
const std::vector<StepOfDay> kStepsOfDay{
    {0min, from("192.0.2.1", "a@one.example"), "new"},
    {0min, from("192.0.2.1", "spam1@two.example"), "new"},
    {0min, from("203.0.113.9", "spam2@two.example"), "new"},
    {0min, from("203.0.113.9", "", "carol@example.org"), "new"},
    {0min, pool("198.51.100.1"), "new"},
    {0min, from("198.18.0.1", "b@one.example"), "new"},
    {0min, from("198.18.7.1", "moved@five.example"), "new"},
    {0min, from("198.18.8.1", "hasty@four.example"), "new"},
    {10min, from("192.0.2.1", "a@one.example"), "early", true},
    {0min, from("198.18.8.1", "hasty@four.example"), "early", true},
    {10min, from("192.0.2.1", "a@one.example"), "early"},
    {40min, from("192.0.2.77", "a@one.example"), "retried"},
    {5min, pool("198.51.101.1"), "retried", true},
    {0min, from("198.18.0.1", "b@one.example"), "retried", true},
    {0min, from("198.18.9.1", "moved@five.example"), "new"},
    {0min, from("192.0.2.1", "a@one.example"), "known"},
    {70min, from("192.0.2.1", "a@one.example"), "known"},
    {1min, from("192.0.2.1", "anybody@one.example"), "trusted"},
    {0min, from("192.0.2.200", "friend@example.com"), "allowed"},
    {0min, from("198.19.0.1", "evil@example.com"), "denied"},
    {0min, from("203.0.113.9", "spam3@two.example", "trap@example.org"), "trap"},
    {1min, from("203.0.113.9", "spam2@two.example"), "trapped"},
    {0min, from("no address", "a@one.example"), "error"},
    {20min, from("198.18.5.1", "late@three.example"), "new"},
    {54min, from("198.18.6.1", "later@three.example"), "new"},
    {2min, from("198.18.5.1", "late@three.example"), "retried", true},
};
// Of the senders' domains those whose messages came from a second network: pool.example passed there after 65
// minutes, five.example was tried in vain.
const std::map<std::string, unsigned> kInVain{{"five.example", 1}, {"pool.example", 0}};
constexpr minutes kMoved{65};
constexpr int kRecordsOfPools = 1;
constexpr int kBlock = 55;

struct AttemptOfDay {
  Rcpt rcpt;
  minutes at;  // since the day's first
  std::string reason;
  minutes age;
  bool is_first_retry;
  std::array<std::time_t, 2> time;  // at the earliest and at the latest
};
using Day = std::vector<AttemptOfDay>;

std::string triplet_of(const AttemptOfDay& decided) {
  const std::string& client = decided.rcpt.client;
  return client.substr(0, client.rfind('.')) + ".0/24 " + decided.rcpt.sender + ' ' + decided.rcpt.recipient;
}

// Lets time pass, for what has been decided as well.
void pass_time(const Installation& installation, Day& day, std::chrono::seconds time) {
  installation.pass_time(time);
  for (AttemptOfDay& decided : day) {
    for (std::time_t& each : decided.time) each -= time.count();
  }
}

// Plays it, and sees that the plugin decides as it is written.
Day play_day(const Installation& installation) {
  Day day;
  std::map<std::string, minutes> first_seen;
  minutes now{0};
  for (const StepOfDay& step : kStepsOfDay) {
    if (step.after > 0min) pass_time(installation, day, step.after);
    now += step.after;
    const std::time_t earliest = std::time(nullptr);
    const Result result = installation.attempt(step.rcpt);
    CAPTURE(step.rcpt.client, step.rcpt.sender, result.errors);
    const std::string reason = logged(result, "reason");
    CHECK((reason.empty() ? "error" : reason) == step.reason);
    // From the pool's other networks it is the same triplet.
    const std::string triplet = step.rcpt.sender == "moved@five.example"
                                    ? step.rcpt.client
                                    : step.rcpt.sender + ' ' + step.rcpt.recipient;
    first_seen.try_emplace(triplet, now);
    day.push_back({.rcpt = step.rcpt,
                   .at = now,
                   .reason = step.reason,
                   .age = now - first_seen[triplet],
                   .is_first_retry = step.is_first_retry,
                   .time = {earliest, std::time(nullptr)}});
  }
  return day;
}

template <typename Condition>
Day those(const Day& day, const Condition& condition) {
  Day those;
  std::ranges::copy_if(day, std::back_inserter(those), condition);
  return those;
}

Day after(const Day& day, minutes since) {
  return those(day, [since](const AttemptOfDay& each) { return each.at > since; });
}

std::uint64_t count_of(const Day& day, const std::string& reason) {
  return static_cast<std::uint64_t>(std::ranges::count(day, reason, &AttemptOfDay::reason));
}

// Waits in seconds, in order. All of this day's are whole minutes, and more than ten.
std::vector<long> ages(const Day& day) {
  std::vector<long> ages;
  for (const AttemptOfDay& each : day) ages.push_back(each.age.count() * 60);
  std::ranges::sort(ages);
  return ages;
}
std::vector<long> waits(const Day& day) {
  return ages(those(day, [](const AttemptOfDay& each) { return each.reason == "retried"; }));
}
std::vector<long> first_retries(const Day& day) { return ages(those(day, &AttemptOfDay::is_first_retry)); }

// Of what was new after `since`, what was retried.
std::uint64_t came_back(const Day& day, minutes since) {
  return static_cast<std::uint64_t>(std::ranges::count_if(day, [since](const AttemptOfDay& each) {
    return each.is_first_retry && each.at > since && each.at - each.age > since;
  }));
}

Json nearest_rank(const std::vector<long>& values, unsigned percent) {
  if (values.empty()) return {};
  return values.at((values.size() * percent + 99) / 100 - 1);
}

// What a triplet's record has.
struct RecordOfDay {
  const AttemptOfDay* first = nullptr;
  unsigned deferred = 0;
  unsigned passed = 0;

  bool is_never_retried() const { return passed == 0 && deferred == 1; }
};

std::vector<RecordOfDay> records_of(const Day& day) {
  std::map<std::string, RecordOfDay> records;
  for (const AttemptOfDay& each : day) {
    const bool is_deferred = each.reason == "new" || each.reason == "early";
    if (!is_deferred && each.reason != "retried" && each.reason != "known") continue;
    RecordOfDay& record = records[triplet_of(each)];
    if (record.first == nullptr) record.first = &each;
    ++(is_deferred ? record.deferred : record.passed);
  }
  std::vector<RecordOfDay> all;
  for (const auto& [triplet, record] : records) all.push_back(record);
  return all;
}

std::uint64_t waiting(const Day& day) {
  return static_cast<std::uint64_t>(std::ranges::count(records_of(day), 0U, &RecordOfDay::passed));
}

Json json(const Installation& installation, const std::vector<std::string>& arguments) {
  const Result result = ctl(installation, arguments);
  CAPTURE(result.errors);
  CHECK(result.status == 0);
  return Json::parse(result.output);
}

// `greylisting_decisions_total{outcome="deferred",reason="new"}` → 7
std::map<std::string, std::string> samples(const std::string& metrics) {
  std::map<std::string, std::string> samples;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) samples[line.substr(0, line.rfind(' '))] = line.substr(line.rfind(' ') + 1);
  }
  return samples;
}

std::string sample(const std::map<std::string, std::string>& samples, const std::string& name) {
  const auto found = samples.find("greylisting_" + name);
  return found == samples.end() ? "none" : found->second;
}

// What the store has besides, at some time after the day.
struct StoredOfDay {
  std::uint64_t records = 0;  // of triplets and pools
  std::uint64_t waiting = 0;
  std::uint64_t over = 0;
  unsigned trusted = 1;
  unsigned trapped = 1;
  std::string last_cleanup{};  // as the store has it
};
const std::map<std::string, int> kEntryCounts{{"allow", 1}, {"deny", 1}, {"greylist", 0},
                                              {"lists", 0}, {"skip", 0}, {"trap", 1}};

Json json_of_column(const Day& day, minutes since) {
  const Day recent = after(day, since);
  Json decisions = Json::object();
  for (const ReasonWord& word : kReasonWords) decisions[word.reason] = count_of(recent, word.reason);
  return {{"decisions", decisions},
          {"errors", count_of(recent, "error")},
          {"retried_of_new", came_back(day, since)},
          {"wait_median_s", nearest_rank(waits(recent), 50)},
          {"wait_95_s", nearest_rank(waits(recent), 95)}};
}

std::string time_text(std::string_view format, std::time_t time) {
  std::array<char, 32> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), std::string(format).c_str(), std::gmtime(&time))};
}

std::string share_text(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << 100 * static_cast<double>(part) / static_cast<double>(all)
       << " %";
  return text.str();
}

// Of whole minutes, and less than a day.
std::string duration_text(const Json& seconds) {
  if (seconds.is_null()) return "-";
  const long whole = seconds.get<long>() / 60;
  const std::string rest = whole % 60 == 0 ? "" : std::to_string(whole % 60) + " min";
  if (whole < 60) return rest;
  return std::to_string(whole / 60) + " h" + (rest.empty() ? "" : ' ' + rest);
}

// The table of the screen, with one blank for any number of them.
std::string table_text(const Day& day, minutes now) {
  std::string text = " last hour last 24 hours\n";
  const std::array<minutes, 2> begins{now - 60min, now - 24h};
  const auto line = [&](const std::string& name, const auto& value) {
    text += name + ' ' + value(begins[0]) + ' ' + value(begins[1]) + '\n';
  };
  for (const ReasonWord& word : kReasonWords) {
    if (word.is_rare && count_of(after(day, begins[1]), word.reason) == 0) continue;
    line(word.line, [&](minutes since) { return std::to_string(count_of(after(day, since), word.reason)); });
  }
  line("errors: passed undecided, or deferred",
       [&](minutes since) { return std::to_string(count_of(after(day, since), "error")); });
  line("new ones not retried so far", [&](minutes since) {
    const std::uint64_t fresh = count_of(after(day, since), "new");
    return share_text(fresh - came_back(day, since), fresh);
  });
  line("delay of passed mail: median",
       [&](minutes since) { return duration_text(nearest_rank(waits(after(day, since)), 50)); });
  line(" 95 % within",
       [&](minutes since) { return duration_text(nearest_rank(waits(after(day, since)), 95)); });
  return text;
}

std::string with_single_blanks(const std::string& text) {
  return std::regex_replace(std::regex_replace(text, std::regex(" +"), " "), std::regex(" \n"), "\n");
}

// `now` is since the day's first.
void check_status(const Installation& installation, const Day& day, minutes now, const StoredOfDay& stored) {
  Json status = json(installation, {"status", "--json"});
  const std::string time = status["time"];
  status.erase("time");
  const bool is_sqlite = installation.backend() == Backend::sqlite;
  const std::string store = is_sqlite ? "SQLite, greylisting/greylisting.db" : "MySQL, as control/mysql.cnf";
  const std::string version(kVersion);
  CHECK(status ==
        Json({{"host", ctl::host_name()},
              {"version", version},
              {"home", installation.home().string()},
              {"mode", "greylists for 55 min"},
              {"observe", false},
              {"store", store},
              {"records", {{"all", stored.records}, {"waiting", stored.waiting}, {"over", stored.over}}},
              {"clients", {{"trusted", stored.trusted}, {"trapped", stored.trapped}}},
              {"entries", kEntryCounts},
              {"last_cleanup", stored.last_cleanup.empty() ? Json() : Json(rfc_3339(stored.last_cleanup))},
              {"last_hour", json_of_column(day, now - 60min)},
              {"last_day", json_of_column(day, now - 24h)},
              {"other_hosts", Json::array()}}));

  std::string entries;
  for (const auto& [action, number] : kEntryCounts)
    entries += (entries.empty() ? "" : ", ") + action + ' ' + std::to_string(number);
  std::ostringstream screen;
  screen << "host " << ctl::host_name() << ", greylisting " << version << ", in "
         << installation.home().string() << "\nmode greylists for 55 min\n"
         << "store " << store << "\nrecords " << stored.records << ", of which " << stored.waiting
         << " deferred and not passed yet, " << stored.over << " expired\nclients " << stored.trusted
         << " trusted, " << stored.trapped << " in a trap\nentries " << entries << "\nclean-up "
         << (stored.last_cleanup.empty() ? "never" : stored.last_cleanup + " UTC") << "\n\n"
         << table_text(day, now);
  CHECK(with_single_blanks(ctl(installation, {"status"}).output) == screen.str());
}

std::map<std::string, std::string> expected_counters(const Day& day) {
  std::map<std::string, std::string> expected;
  const auto expect = [&expected](const std::string& name, const auto& value) {
    expected["greylisting_" + name] = std::to_string(value);
  };
  for (const ReasonWord& word : kReasonWords) {
    expect("decisions_total{outcome=\"" + word.outcome + "\",reason=\"" + word.reason + "\"}",
           count_of(day, word.reason));
  }
  expect("errors_total", count_of(day, "error"));
  expect("first_retries_total", first_retries(day).size());
  const auto waited = waits(day);
  for (const long bound :
       {60L, 300L, 600L, 900L, 1800L, 3600L, 5400L, 7200L, 14400L, 28800L, 43200L, 86400L, 259200L}) {
    expect("wait_seconds_bucket{le=\"" + std::to_string(bound) + "\"}",
           std::ranges::count_if(waited, [&](long wait) { return wait <= bound; }));
  }
  expect("wait_seconds_bucket{le=\"+Inf\"}", waited.size());
  expect("wait_seconds_count", waited.size());
  expect("wait_seconds_sum", std::accumulate(waited.begin(), waited.end(), 0L));
  return expected;
}

void check_metrics(const Installation& installation, const Day& day, const StoredOfDay& stored) {
  const Result result = ctl(installation, {"metrics"});
  CHECK(result.status == 0);
  auto expected = expected_counters(day);
  const auto expect = [&expected](const std::string& name, const auto& value) {
    expected["greylisting_" + name] = std::to_string(value);
  };
  expect("build_info{version=\"" + std::string(kVersion) + "\"}", 1);
  expect("records", stored.records);
  expect("records_waiting", stored.waiting);
  expect("records_over", stored.over);
  expect("clients{standing=\"trusted\"}", stored.trusted);
  expect("clients{standing=\"trapped\"}", stored.trapped);
  for (const auto& [action, number] : kEntryCounts) expect("entries{action=\"" + action + "\"}", number);
  if (const auto last = time_of(stored.last_cleanup)) expect("last_cleanup_timestamp_seconds", *last);
  expect("store_up", 1);
  CHECK(samples(result.output) == expected);
}

Json json_of_decisions(const Day& day) {
  Json decisions{{"errors", count_of(day, "error")}, {"reasons", Json::object()}};
  for (const ReasonWord& word : kReasonWords) {
    const auto number = count_of(day, word.reason);
    decisions[word.outcome] = decisions.value(word.outcome, std::uint64_t{0}) + number;
    if (number > 0) decisions["reasons"][word.reason] = number;
  }
  return decisions;
}

Json json_of_durations(const std::vector<long>& durations) {
  const std::vector<long> begins{0, 60, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400};
  Json histogram = Json::array();
  for (auto begin = begins.begin(); begin != begins.end(); ++begin) {
    const bool is_last = begin + 1 == begins.end();
    histogram.push_back({{"from", *begin},
                         {"to", is_last ? Json() : Json(*(begin + 1))},
                         {"count", std::ranges::count_if(durations, [&](long duration) {
                            return duration >= *begin && (is_last || duration < *(begin + 1));
                          })}});
  }
  Json percentiles = Json::object();
  for (const unsigned percent : {50U, 75U, 90U, 95U, 99U})
    percentiles['p' + std::to_string(percent)] = nearest_rank(durations, percent);
  return {{"count", durations.size()}, {"percentiles", percentiles}, {"histogram", histogram}};
}

Json json_of_records(const std::vector<RecordOfDay>& records, bool is_over) {
  std::map<std::string, unsigned> counts{
      {"all", 0}, {"passed", 0}, {"retried", 0}, {"never_retried", 0}, {"undecided", 0}};
  for (const RecordOfDay& record : records) {
    ++counts["all"];
    ++counts[record.passed > 0           ? "passed"
             : !is_over                  ? "undecided"
             : record.is_never_retried() ? "never_retried"
                                         : "retried"];
  }
  Json object = counts;
  for (const std::string what : {"never_retried", "undecided"})
    object[what + "_share"] = records.empty() ? Json() : Json(1.0 * counts[what] / counts["all"]);
  return object;
}

Json figures(const Day& day, const std::vector<RecordOfDay>& records, bool is_over) {
  return {{"decisions", json_of_decisions(day)},
          {"waits", json_of_durations(waits(day))},
          {"first_retries", json_of_durations(first_retries(day))},
          {"records", json_of_records(records, is_over)}};
}

// The days of a report to `until`, where what was decided was so at the earliest or at the latest.
Json days_of(const Day& day, std::size_t which, const std::string& until, bool is_over) {
  const auto date = [which](const AttemptOfDay& each) { return time_text("%Y-%m-%d", each.time.at(which)); };
  Json array = Json::array();
  for (std::time_t time = day.front().time.at(which); time_text("%Y-%m-%d", time) <= until; time += 86400) {
    const std::string now = time_text("%Y-%m-%d", time);
    std::vector<RecordOfDay> first_seen;
    for (const RecordOfDay& record : records_of(day)) {
      if (date(*record.first) == now) first_seen.push_back(record);
    }
    Json object =
        figures(those(day, [&](const AttemptOfDay& each) { return date(each) == now; }), first_seen, is_over);
    object["day"] = now;
    array.push_back(object);
  }
  return array;
}

Json hours_of(const Day& day, std::size_t which) {
  std::map<std::string, Day> by_hour;
  for (const AttemptOfDay& each : day)
    by_hour[time_text("%Y-%m-%d %H:00:00", each.time.at(which))].push_back(each);
  Json hours = Json::array();
  for (const auto& [hour, decided] : by_hour)
    hours.push_back({{"hour", rfc_3339(hour)}, {"decisions", json_of_decisions(decided)}});
  return hours;
}

// The most frequent first, and of those that are as frequent the first by name.
Json names_of(const std::vector<RecordOfDay>& records,
              const std::function<std::string(const AttemptOfDay&)>& name) {
  std::map<std::string, unsigned> counts;
  for (const RecordOfDay& record : records) {
    if (record.is_never_retried()) ++counts[name(*record.first)];
  }
  std::vector<std::pair<std::string, unsigned>> order(counts.begin(), counts.end());
  std::ranges::stable_sort(order, std::greater(), &std::pair<std::string, unsigned>::second);
  Json array = Json::array();
  for (const auto& [text, number] : order) array.push_back({{"name", text}, {"count", number}});
  return array;
}

// Once what it is about is over; whether it is deleted makes no difference.
void check_names(const Json& report, const Day& day) {
  const auto domain_of = [](const AttemptOfDay& decided) {
    const std::string& sender = decided.rcpt.sender;
    return sender.empty() ? "<>" : sender.substr(sender.find('@') + 1);
  };
  const auto all = records_of(day);
  // What came from several networks is good mail that was held up, and among the pools.
  auto stayed = all;
  std::erase_if(stayed,
                [&](const RecordOfDay& record) { return kInVain.contains(domain_of(*record.first)); });
  CHECK(report["clients"] == names_of(stayed, [](const AttemptOfDay& first) {
          return triplet_of(first).substr(0, triplet_of(first).find(' '));
        }));
  CHECK(report["sender_domains"] == names_of(stayed, domain_of));
  CHECK(report["recipients"] ==
        names_of(stayed, [](const AttemptOfDay& first) { return first.rcpt.recipient; }));
  std::map<std::string, Json> pools;
  for (const Json& pool : report["pools"]) pools[pool["domain"]] = pool;
  for (const auto& [domain, in_vain] : kInVain) {
    CAPTURE(domain);
    if (all.empty()) {
      CHECK_FALSE(pools.contains(domain));
      continue;
    }
    REQUIRE(pools.contains(domain));
    // To the second, and playing takes some.
    const long wait = pools[domain]["longest_wait"].get<long>() / 60 * 60;
    pools[domain].erase("longest_wait");
    CHECK(wait == std::chrono::seconds(kMoved).count());
    CHECK(pools[domain] ==
          Json({{"domain", domain}, {"messages", 1}, {"networks", 2}, {"in_vain", in_vain}}));
    pools.erase(domain);
  }
  CHECK(pools.empty());
}

Json blocks(const Day& day) {
  const auto retried = first_retries(day);
  Json blocks = Json::array();
  for (const int block : {1, 5, 10, 15, 30, kBlock}) {
    const auto in_time = std::ranges::count_if(retried, [&](long age) { return age >= block * 60L; });
    blocks.push_back({{"block", block},
                      {"current", block == kBlock},
                      {"in_time", in_time},
                      {"share", static_cast<double>(in_time) / static_cast<double>(retried.size())}});
  }
  return blocks;
}

// A day or an hour may have ended while something was decided.
void check_either(const Json& found, const Json& one, const Json& other) {
  if (found != other) CHECK(found == one);
}

void check_report(const Installation& installation, const Day& day, bool is_over) {
  const Json report = json(installation, {"report", "--since", "110d", "--json"});
  CHECK(report["block_expire"] == kBlock);
  CHECK(report["hashed"] == false);
  CHECK(report["may_count_twice"] == false);
  CHECK(report["total"] == figures(day, records_of(day), is_over));
  check_either(report["days"], days_of(day, 0, report["until"], is_over),
               days_of(day, 1, report["until"], is_over));
  check_either(report["hours"], hours_of(day, 0), hours_of(day, 1));
  CHECK(report["blocks"] == blocks(day));
  check_names(report, is_over ? day : Day());
}

void set_up(const Installation& installation) {
  fs::create_directory(installation.home() / "greylisting");
  installation.put({"allow", "sender", "friend@example.com"});
  installation.put({"deny", "sender", "evil@example.com"});
  installation.put({"trap", "recipient", "trap@example.org"});
  // The SQLite file was made by an attempt.
  installation.sql("DELETE FROM greylisting_data");
  remove_journal(installation);
}

}  // namespace

TEST_CASE("A day of mail: status, metrics and report tell what happened, before and after the clean-up",
          "[status]") {
  const Installation installation(any_backend(), "auto_allow_after=2\nhistory_expire=400");
  CAPTURE(name(installation.backend()));
  set_up(installation);
  Day day = play_day(installation);
  const minutes end = day.back().at;
  StoredOfDay stored{.records = records_of(day).size() + kRecordsOfPools, .waiting = waiting(day)};
  CHECK(value(installation, "SELECT COUNT(*) FROM greylisting_data") == std::to_string(stored.records));
  const auto clean_up = [&] {
    const std::string before = installation.now();
    REQUIRE(ctl(installation, {"cleanup"}).status == 0);
    stored.last_cleanup =
        value(installation, "SELECT value FROM greylisting_meta WHERE name = 'last_cleanup'");
    CHECK(stored.last_cleanup >= before);
    CHECK(stored.last_cleanup <= installation.now());
  };
  for (const bool is_cleaned : {false, true}) {
    CAPTURE(is_cleaned);
    if (is_cleaned) clean_up();
    check_status(installation, day, end, stored);
    check_metrics(installation, day, stored);
    check_report(installation, day, false);
  }

  // Long after, when all is over, and then when the journal and the records are gone.
  const bool is_sqlite = installation.backend() == Backend::sqlite;
  pass_time(installation, day, 100 * 24h);
  installation.sql(std::string("UPDATE greylisting_history SET period = ") +
                   (is_sqlite ? "datetime(period, '-100 days')" : "period - INTERVAL 100 DAY"));
  stored.over = stored.records;
  stored.waiting = stored.trusted = stored.trapped = 0;
  for (const bool is_cleaned : {false, true}) {
    CAPTURE(is_cleaned);
    if (is_cleaned) {
      clean_up();
      stored.records = stored.over = 0;
    }
    check_status(installation, day, end + 100 * 24h, stored);
    check_metrics(installation, day, stored);
    check_report(installation, day, true);
  }
}

TEST_CASE("status and metrics have a place for every reason", "[status]") {
  const Installation installation(Backend::sqlite);
  set_up(installation);
  Day day;
  std::string journal;
  const std::time_t now = std::time(nullptr);
  for (const ReasonWord& word : kReasonWords) {
    for (std::size_t i = 0; i <= static_cast<std::size_t>(&word - kReasonWords.data()); ++i) {
      day.push_back(
          {.rcpt = {}, .at = 1min, .reason = word.reason, .age = 20min, .is_first_retry = false, .time = {}});
      journal += std::to_string(now) + ' ' + word.reason + (word.reason == "retried" ? " 1200\n" : "\n");
    }
  }
  write_file(installation.home() / "greylisting" / time_text("%Y-%m-%dT%H.journal", now), journal, 0644);
  CHECK_THAT(with_single_blanks(ctl(installation, {"status"}).output),
             Catch::EndsWith(table_text(day, 1min)));
  CHECK(json(installation, {"status", "--json"})["last_hour"] == json_of_column(day, -1min));
  const auto all = samples(ctl(installation, {"metrics"}).output);
  for (const auto& [name, value] : expected_counters(day)) {
    CAPTURE(name);
    REQUIRE(all.contains(name));
    CHECK(all.at(name) == value);
  }
}

TEST_CASE("status: what other hosts on the same store have counted stands beside", "[status]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::sqlite));
  set_up(installation);
  installation.attempt();
  // What is rare, by this host alone.
  REQUIRE(ctl(installation, {"trap", "trap@example.org"}).status == 0);
  installation.attempt({.recipient = "trap@example.org"});
  const std::string hour = installation.now().substr(0, 13) + ":00:00";
  installation.sql("INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ('" + hour +
                   "', 'decision', 'new', 'another.example', 70), ('" + hour +
                   "', 'wait', '3600', 'another.example', 3)");
  const Json status = json(installation, {"status", "--json"});
  CHECK(status["other_hosts"] == Json({"another.example"}));
  CHECK(status["other_hosts_last_day"]["decisions"]["new"] == 70);
  CHECK(status["other_hosts_last_day"]["wait_median_s"] == 3600);
  CHECK(status["last_day"]["decisions"]["new"] == 1);
  const std::string screen = ctl(installation, {"status"}).output;
  CHECK(std::regex_search(screen, std::regex("deferred: new +1 +1 +70\n")));
  CHECK(std::regex_search(screen, std::regex("deferred: in a trap +1 +1 +0\n")));
  CHECK_THAT(screen, !Catch::Contains("passed: opted out"));
  CHECK_THAT(screen, Catch::EndsWith("counted them: another.example\n"));
  CHECK(sample(samples(ctl(installation, {"metrics"}).output),
               "decisions_total{outcome=\"deferred\",reason=\"new\"}") == "1");
}

TEST_CASE("status and metrics while the store cannot be read", "[status]") {
  Installation installation(Backend::mariadb);
  set_up(installation);
  installation.attempt();
  write_file(installation.home() / "control/mysql-admin.cnf", "[client]\nsocket=/nowhere/mysqld.sock\n");
  const Result status = ctl(installation, {"status"});
  CHECK(status.status == 1);
  CHECK(std::regex_search(status.output, std::regex("deferred: new +1 +1\n")));
  CHECK_THAT(status.errors, Catch::Contains("/nowhere/mysqld.sock"));
  const Result metrics = ctl(installation, {"metrics"});
  CHECK(metrics.status == 1);
  CHECK(sample(samples(metrics.output), "store_up") == "0");
  CHECK_THAT(metrics.output, !Catch::Contains("_total"));
}

TEST_CASE("status says who is greylisted", "[status]") {
  Installation installation(Backend::sqlite);
  const auto says = [&installation](const std::string& settings) {
    installation.configure(settings);
    return ctl(installation, {"status"}).output;
  };
  CHECK_THAT(says("block_expire=5"), Catch::Contains("greylists for 5 min"));
  CHECK_THAT(says("block_expire=5\ngreylist=suspicious"),
             Catch::Contains("greylists what is suspicious for 5 min"));
  CHECK_THAT(says("block_expire=5\ngreylist=unvouched"),
             Catch::Contains("greylists what no domain vouches for, for 5 min"));
}

TEST_CASE("status and check say that every client has one private address", "[status]") {
  const Installation installation(Backend::sqlite);
  const std::string said =
      "every client has the address 172.17.0.1, that of a proxy or a container's gateway";
  const auto says = [&](const std::string& client, int from, int to) {
    for (int i = from; i < to; ++i)
      installation.attempt({.client = client, .sender = "alice@" + std::to_string(i) + ".example"});
    const bool is_said = ctl(installation, {"status"}).output.find(said) != std::string::npos;
    CHECK((ctl(installation, {"check"}).output.find("warning  clients: " + said) != std::string::npos) ==
          is_said);
    CHECK(json(installation, {"status", "--json"}).contains("only_client") == is_said);
    return is_said;
  };
  CHECK_FALSE(says("172.17.0.1", 0, 9));
  CHECK(says("172.17.0.1", 9, 10));
  CHECK_FALSE(says("192.0.2.1", 10, 11));
  installation.sql("DELETE FROM greylisting_data");
  CHECK_FALSE(says("192.0.2.1", 0, 10));
}

TEST_CASE("status says that nothing is counted, and that nothing is refused", "[status]") {
  Installation installation(Backend::sqlite, "history_expire=0\nobserve=1");
  installation.attempt();
  const std::string screen = ctl(installation, {"status"}).output;
  CHECK_THAT(screen, Catch::Contains("Nothing is counted: history_expire=0.\n") &&
                         Catch::Contains("only observes (observe=1): nothing is refused\n"));
}

TEST_CASE("metrics --output writes as whoever runs it, not as the owner of the SQLite file", "[status]") {
  if (!can_be_nobody()) return;
  const Installation installation(Backend::sqlite);
  const TemporaryDirectory own;
  for (const fs::path& directory : {installation.home(), installation.home() / "control"})
    fs::permissions(directory, fs::perms(0755));
  REQUIRE(chown((installation.home() / "greylisting").c_str(), kNobody, kNobody) == 0);
  const Result result = ctl(installation, {"metrics", "--output", own / "greylisting.prom"});
  INFO(result.errors);
  CHECK(result.status == 0);
  CHECK_THAT(read_file(own / "greylisting.prom"), Catch::Contains("greylisting_store_up 1\n"));
}

TEST_CASE("metrics: promtool finds no fault, and the samples of config/ name what there is", "[status]") {
  const Installation installation(Backend::sqlite);
  installation.attempt();
  ctl(installation, {"cleanup"});
  const fs::path file = installation.home() / "greylisting.prom";
  CHECK(ctl(installation, {"metrics", "--output", file}).status == 0);
  const std::string metrics = read_file(file);
  const Result lint = run({.arguments = {built("debian/promtool"), "check", "metrics"}, .input = metrics});
  CHECK(lint.output + lint.errors == "");
  CHECK(lint.status == 0);
  const fs::path alerts = source_tree() / "config/prometheus-alerts.yml";
  const Result rules = run({.arguments = {built("debian/promtool"), "check", "rules", alerts}});
  INFO(rules.output << rules.errors);
  CHECK(rules.status == 0);
  CHECK_THAT(rules.output, Catch::Contains("SUCCESS: 6 rules found"));

  const std::string dashboard = read_file(source_tree() / "config/grafana-dashboard.json");
  CHECK(Json::parse(dashboard)["panels"].size() > 10);
  for (const std::string& text : {dashboard, read_file(alerts)}) {
    const std::regex metric("greylisting_[a-z_]+");
    std::size_t found = 0;
    for (std::sregex_iterator each(text.begin(), text.end(), metric), end; each != end; ++each, ++found) {
      CAPTURE(each->str());
      CHECK_THAT(metrics,
                 Catch::Contains('\n' + each->str() + '{') || Catch::Contains('\n' + each->str() + ' '));
    }
    CHECK(found > 3);
  }
}

}  // namespace greylisting::test
