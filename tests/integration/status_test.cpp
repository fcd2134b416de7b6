// A day of mail through the plugin, and every figure of status, metrics and report beside a count of its own.

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <regex>

#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using std::chrono::minutes;

struct Step {
  minutes after;  // since the one before
  Rcpt rcpt;
  std::string reason;  // `error` for none
  bool is_first_retry = false;
};

Rcpt from(const std::string& client, const std::string& sender,
          const std::string& recipient = "bob@example.org") {
  return {.client = client, .sender = sender, .recipient = recipient};
}

Rcpt pool(const std::string& client) {
  return {.client = client, .sender = "news@pool.example", .environment = {{"SPFRESULT", "pass"}}};
}

// Blocks of 55 minutes; a client is trusted after two hours in which its mail has passed.
const std::vector<Step> kDay{
    {0min, from("192.0.2.1", "a@one.example"), "new"},
    {0min, from("192.0.2.1", "spam1@two.example"), "new"},
    {0min, from("203.0.113.9", "spam2@two.example"), "new"},
    {0min, from("203.0.113.9", "", "carol@example.org"), "new"},
    {0min, pool("198.51.100.1"), "new"},
    {0min, from("198.18.0.1", "b@one.example"), "new"},
    {10min, from("192.0.2.1", "a@one.example"), "early", true},
    {10min, from("192.0.2.1", "a@one.example"), "early"},
    {40min, from("192.0.2.77", "a@one.example"), "retried"},
    {5min, pool("198.51.101.1"), "retried", true},
    {0min, from("198.18.0.1", "b@one.example"), "retried", true},
    {0min, from("192.0.2.1", "a@one.example"), "known"},
    {70min, from("192.0.2.1", "a@one.example"), "known"},
    {1min, from("192.0.2.1", "anybody@one.example"), "trusted"},
    {0min, from("192.0.2.200", "friend@example.com"), "allowed"},
    {0min, from("198.19.0.1", "evil@example.com"), "denied"},
    {0min, from("203.0.113.9", "spam3@two.example", "trap@example.org"), "trap"},
    {1min, from("203.0.113.9", "spam2@two.example"), "trapped"},
    {0min, from("no address", "a@one.example"), "error"},
    {20min, from("198.18.5.1", "late@three.example"), "new"},
    {57min, from("198.18.6.1", "later@three.example"), "new"},
    {2min, from("198.18.5.1", "late@three.example"), "retried", true},
};

struct Decided {
  minutes at;  // since the day's first
  std::string reason;
  minutes age;
  bool is_first_retry;
};

// Plays it, and sees that the plugin decides as it is written.
std::vector<Decided> play_day(const Installation& installation) {
  std::vector<Decided> decided;
  std::map<std::string, minutes> first_seen;
  minutes now{0};
  for (const Step& step : kDay) {
    if (step.after > 0min) installation.pass_time(step.after);
    now += step.after;
    const Result result = installation.attempt(step.rcpt);
    CAPTURE(step.rcpt.client, step.rcpt.sender, result.errors);
    const std::string reason = logged(result, "reason");
    CHECK((reason.empty() ? "error" : reason) == step.reason);
    const std::string triplet = step.rcpt.sender + ' ' + step.rcpt.recipient;
    first_seen.try_emplace(triplet, now);
    decided.push_back({now, step.reason, now - first_seen[triplet], step.is_first_retry});
  }
  return decided;
}

std::uint64_t count(const std::vector<Decided>& decided, minutes since, const std::string& reason) {
  return static_cast<std::uint64_t>(std::ranges::count_if(
      decided, [&](const Decided& each) { return each.at > since && each.reason == reason; }));
}

// Waits in seconds, in order. All of this day's are between ten minutes and two hours.
std::vector<long> waits(const std::vector<Decided>& decided, minutes since) {
  std::vector<long> waits;
  for (const Decided& each : decided) {
    if (each.at > since && each.reason == "retried") waits.push_back(each.age.count() * 60);
  }
  std::ranges::sort(waits);
  return waits;
}

long nearest_rank(const std::vector<long>& values, double share) {
  return values.at(static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1);
}

Result ctl(const Installation& installation, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {built("greylistctl"), "--home", installation.home()});
  return run({.arguments = arguments});
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

const std::map<std::string, std::string> kOutcomes{
    {"new", "deferred"},     {"early", "deferred"},  {"trap", "deferred"},    {"throttled", "deferred"},
    {"retried", "accepted"}, {"known", "accepted"},  {"trusted", "accepted"}, {"allowed", "accepted"},
    {"denied", "rejected"},  {"trapped", "rejected"}};

void check_column(const Json& column, const std::vector<Decided>& decided, minutes since) {
  for (const auto& [reason, outcome] : kOutcomes) {
    CAPTURE(reason);
    CHECK(column["decisions"][reason] == count(decided, since, reason));
  }
  CHECK(column["errors"] == count(decided, since, "error"));
  const auto waited = waits(decided, since);
  REQUIRE_FALSE(waited.empty());
  CHECK(column["wait_median_s"] == nearest_rank(waited, 0.5));
  CHECK(column["wait_95_s"] == nearest_rank(waited, 0.95));
  CHECK(column["retried_of_new"] == std::ranges::count_if(decided, [&](const Decided& each) {
          return each.is_first_retry && each.at > since && each.at - each.age > since;
        }));
}

void check_metrics(const Installation& installation, const std::vector<Decided>& decided) {
  const Result result = ctl(installation, {"metrics"});
  CHECK(result.status == 0);
  const auto all = samples(result.output);
  for (const auto& [reason, outcome] : kOutcomes) {
    CAPTURE(reason);
    CHECK(sample(all, "decisions_total{outcome=\"" + outcome + "\",reason=\"" + reason + "\"}") ==
          std::to_string(count(decided, -1min, reason)));
  }
  CHECK(sample(all, "errors_total") == std::to_string(count(decided, -1min, "error")));
  CHECK(sample(all, "first_retries_total") ==
        std::to_string(std::ranges::count_if(decided, &Decided::is_first_retry)));
  const auto waited = waits(decided, -1min);
  for (const long bound : {1800L, 3600L, 5400L}) {
    CHECK(sample(all, "wait_seconds_bucket{le=\"" + std::to_string(bound) + "\"}") ==
          std::to_string(std::ranges::count_if(waited, [&](long wait) { return wait <= bound; })));
  }
  CHECK(sample(all, "wait_seconds_bucket{le=\"+Inf\"}") == std::to_string(waited.size()));
  CHECK(sample(all, "wait_seconds_count") == std::to_string(waited.size()));
  CHECK(sample(all, "wait_seconds_sum") == std::to_string(std::accumulate(waited.begin(), waited.end(), 0L)));
  CHECK(sample(all, "store_up") == "1");
}

// All of the day's mail; of the records those of networks.
void check_report(const Installation& installation, const std::vector<Decided>& decided) {
  const Json total = json(installation, {"report", "--since", "2d", "--json"})["total"];
  std::map<std::string, std::uint64_t> outcomes;
  for (const auto& [reason, outcome] : kOutcomes) {
    const auto expected = count(decided, -1min, reason);
    outcomes[outcome] += expected;
    CAPTURE(reason);
    CHECK(total["decisions"]["reasons"].value(reason, 0U) == expected);
  }
  for (const auto& [outcome, expected] : outcomes) CHECK(total["decisions"][outcome] == expected);
  CHECK(total["decisions"]["errors"] == count(decided, -1min, "error"));
  const auto waited = waits(decided, -1min);
  CHECK(total["waits"]["count"] == waited.size());
  CHECK(total["waits"]["percentiles"]["p50"] == nearest_rank(waited, 0.5));
  CHECK(total["waits"]["percentiles"]["p95"] == nearest_rank(waited, 0.95));
  CHECK(total["first_retries"]["count"] == std::ranges::count_if(decided, &Decided::is_first_retry));
  const auto stored = [&](const std::string& condition) {
    return std::stoi(installation.sql("SELECT COUNT(*) FROM greylisting_data WHERE pool IS NULL" + condition)
                         .at(0)
                         .at(0)
                         .value());
  };
  CHECK(total["records"]["all"] == stored(""));
  CHECK(total["records"]["passed"] == stored(" AND passed_count > 0"));
  CHECK(total["records"]["waiting"] == stored(" AND passed_count = 0 AND blocked_count = 1"));
}

std::string number(const Installation& installation, const std::string& statement) {
  return installation.sql(statement).at(0).at(0).value_or("");
}

void set_up(const Installation& installation) {
  fs::create_directory(installation.home() / "greylisting");
  installation.put({"allow", "sender", "friend@example.com"});
  installation.put({"deny", "sender", "evil@example.com"});
  installation.put({"trap", "recipient", "trap@example.org"});
  // The SQLite file was made by an attempt.
  installation.sql("DELETE FROM greylisting_data");
  for (const auto& entry : fs::directory_iterator(installation.home() / "greylisting")) {
    if (entry.path().extension() == ".journal") fs::remove(entry.path());
  }
}

}  // namespace

TEST_CASE("A day of mail: status and metrics tell what happened, before and after the clean-up", "[status]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite),
                                  "auto_allow_after=2");
  CAPTURE(name(installation.backend()));
  set_up(installation);
  const std::vector<Decided> decided = play_day(installation);
  const minutes end = decided.back().at;

  for (const bool is_cleaned : {false, true}) {
    CAPTURE(is_cleaned);
    const Json status = json(installation, {"status", "--json"});
    check_column(status["last_hour"], decided, end - 60min);
    check_column(status["last_day"], decided, -1min);
    const std::string over = "(" + installation.seconds_from_now(0) + ")";
    CHECK(status["records"]["all"] ==
          std::stoi(number(installation, "SELECT COUNT(*) FROM greylisting_data")));
    CHECK(status["records"]["over"] ==
          std::stoi(
              number(installation, "SELECT COUNT(*) FROM greylisting_data WHERE record_expires <= " + over)));
    CHECK(status["records"]["waiting"] ==
          std::stoi(number(installation,
                           "SELECT COUNT(*) FROM greylisting_data WHERE passed_count = 0 AND pool IS NULL "
                           "AND record_expires > " +
                               over)));
    CHECK(status["clients"] == Json({{"trusted", 1}, {"trapped", 1}}));
    CHECK(status["entries"]["allow"] == 1);
    CHECK(status["entries"]["deny"] == 1);
    CHECK(status["entries"]["trap"] == 1);
    CHECK(status["last_cleanup"].is_null() != is_cleaned);
    check_metrics(installation, decided);

    const std::string screen = ctl(installation, {"status"}).output;
    INFO(screen);
    CHECK(std::regex_search(screen, std::regex("deferred: new +2 +8\n")));
    CHECK(std::regex_search(screen, std::regex("passed: retried after the block +1 +4\n")));
    CHECK(std::regex_search(screen, std::regex("wait of what passed: median +59 min +1 h\n")));
    check_report(installation, decided);
    ctl(installation, {"cleanup"});
  }

  // Long after, when the journal and the records are gone.
  const bool is_sqlite = installation.backend() == Backend::sqlite;
  installation.pass_time(100 * 24h);
  installation.sql(std::string("UPDATE greylisting_history SET period = ") +
                   (is_sqlite ? "datetime(period, '-100 days')" : "period - INTERVAL 100 DAY"));
  ctl(installation, {"cleanup"});
  CHECK(number(installation, "SELECT COUNT(*) FROM greylisting_data") == "0");
  check_metrics(installation, decided);
  const Json status = json(installation, {"status", "--json"});
  CHECK(status["last_day"]["decisions"]["new"] == 0);
  CHECK(status["last_day"]["wait_median_s"].is_null());
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

TEST_CASE("status says that nothing is counted, and that nothing is refused", "[status]") {
  Installation installation(Backend::sqlite, "history_expire=0\nobserve=1");
  installation.attempt();
  const std::string screen = ctl(installation, {"status"}).output;
  CHECK_THAT(screen, Catch::Contains("Nothing is counted: history_expire=0.\n") &&
                         Catch::Contains("only observes (observe=1): nothing is refused\n"));
}

TEST_CASE("metrics --output writes as whoever runs it, not as the owner of the SQLite file", "[status]") {
  if (geteuid() != 0) {
    WARN("skipped: only root can run greylistctl for another user");
    return;
  }
  constexpr uid_t kNobody = 65534;
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
  CHECK_THAT(rules.output, Catch::Contains("SUCCESS: 5 rules found"));

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
