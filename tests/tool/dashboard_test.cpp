// config/grafana-dashboard.json: every query of it gives the figure that its panel says, by Prometheus' own
// evaluation.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/promtool.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

// Scraped once a minute, of a file that is written every fifth: `step` more each time, 12 hours and a day
// long.
std::string growing(const std::string& name, unsigned step) {
  std::string values;
  for (unsigned i = 0; i < 36 * 12; ++i) values += std::to_string(step * i) + "x4 ";
  return series(name, values);
}

std::string constant(const std::string& name, const std::string& value) {
  return series(name, value + "x2160");
}

std::string substituted(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// Floating numbers are rounded; a day of samples begins and ends between two of them.
std::string rounded(const std::string& expr) {
  if (expr.find('(') == std::string::npos) return expr;
  return "round(" + expr + (expr.starts_with("sum(increase") ? ", 100)" : ", 0.01)");
}

// As Grafana does for a data source that is scraped once a minute: a panel of some hours would have steps of
// less than that, unless it says how long they are at least.
std::string rate_interval(const nlohmann::json& panel) {
  const std::string least = panel.value("interval", "");
  return least.empty() ? "4m" : std::to_string(std::stoi(least) + 1) + 'm';
}

struct ExpectedSamples {
  std::string panel;
  std::vector<std::string> samples;  // of each of its queries, `exp_samples`
};

std::string sample_line(const std::string& labels, const std::string& value) {
  return "          - {labels: '" + labels + "', value: " + value + "}\n";
}

}  // namespace

TEST_CASE("Every query of the dashboard gives the figure that its panel shows", "[dashboard]") {
  const std::string decisions = "greylisting_decisions_total{instance=\"a\",outcome=";
  const std::string input = growing(decisions + R"("accepted",reason="known"})", 50) +
                            growing(decisions + R"("accepted",reason="retried"})", 5) +
                            growing(decisions + R"("deferred",reason="new"})", 10) +
                            growing(decisions + R"("rejected",reason="denied"})", 1) +
                            growing(R"(greylisting_first_retries_total{instance="a"})", 2) +
                            growing(R"(greylisting_errors_total{instance="a"})", 0) +
                            growing(R"(greylisting_wait_seconds_bucket{instance="a",le="600"})", 2) +
                            growing(R"(greylisting_wait_seconds_bucket{instance="a",le="1200"})", 4) +
                            growing(R"(greylisting_wait_seconds_bucket{instance="a",le="+Inf"})", 4) +
                            constant(R"(greylisting_records{instance="a"})", "1000") +
                            constant(R"(greylisting_records_waiting{instance="a"})", "100") +
                            constant(R"(greylisting_records_over{instance="a"})", "10") +
                            constant(R"(greylisting_clients{instance="a",standing="trusted"})", "7") +
                            constant(R"(greylisting_entries{instance="a",action="deny"})", "3") +
                            constant(R"(greylisting_last_cleanup_timestamp_seconds{instance="a"})", "3600") +
                            constant(R"(greylisting_store_up{instance="a"})", "1") +
                            constant(R"(greylisting_build_info{instance="a",version="1"})", "1");
  const std::vector<ExpectedSamples> expected{
      {"Stopped in 24 hours", {sample_line("{}", "2300")}},
      {"Wait of good mail, median", {sample_line("{}", "600")}},
      {"Wait of good mail, 95 %", {sample_line("{}", "1140")}},
      {"Errors in 24 hours", {sample_line("{}", "0")}},
      {"Decisions by outcome, per minute",
       {sample_line("{outcome=\"accepted\"}", "11") + sample_line("{outcome=\"deferred\"}", "2") +
        sample_line("{outcome=\"rejected\"}", "0.2")}},
      {"Why mail passed, per minute",
       {sample_line("{reason=\"known\"}", "10") + sample_line("{reason=\"retried\"}", "1")}},
      {"Why mail was deferred or refused, per minute",
       {sample_line("{reason=\"new\"}", "2") + sample_line("{reason=\"denied\"}", "0.2")}},
      {"Records",
       {sample_line(R"(greylisting_records{instance="a"})", "1000"),
        sample_line(R"(greylisting_records_waiting{instance="a"})", "100"),
        sample_line(R"(greylisting_records_over{instance="a"})", "10")}},
      {"Clients", {sample_line(R"(greylisting_clients{instance="a",standing="trusted"})", "7")}},
      {"List entries", {sample_line(R"(greylisting_entries{instance="a",action="deny"})", "3")}},
      {"Since the last clean-up", {}},
      {"Store", {sample_line(R"(greylisting_store_up{instance="a"})", "1")}},
      {"Version", {sample_line(R"(greylisting_build_info{instance="a",version="1"})", "1")}},
  };
  const auto dashboard = nlohmann::json::parse(read_file(source_tree() / "config/grafana-dashboard.json"));
  REQUIRE(dashboard.at("panels").size() == expected.size());
  for (const auto& panel : dashboard.at("panels")) {
    const std::string title = panel.at("title");
    CAPTURE(title);
    const auto found =
        std::ranges::find_if(expected, [&](const ExpectedSamples& each) { return each.panel == title; });
    REQUIRE(found != expected.end());
    std::string tests;
    std::size_t query = 0;
    for (const auto& target : panel.at("targets")) {
      const std::string expr = rounded(substituted(substituted(target.at("expr"), "$instance", ".*"),
                                                   "$__rate_interval", rate_interval(panel)));
      CAPTURE(expr);
      CHECK_THAT(expr, !Contains("$"));
      // Between two scrapes, in each of five minutes: a comb would have a gap in one of them.
      for (unsigned minute = 25 * 60; minute < 25 * 60 + 5; ++minute) {
        const std::string age = std::to_string(minute * 60 + 30 - 3600);
        tests += "      - expr: '" + expr + "'\n        eval_time: " + std::to_string(minute) +
                 "m30s\n        exp_samples:\n" +
                 (title == "Since the last clean-up" ? sample_line("{instance=\"a\"}", age)
                                                     : found->samples.at(query));
      }
      ++query;
    }
    const TemporaryDirectory here;
    write_file(here / "test.yml", "evaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n" +
                                      input + "    promql_expr_test:\n" + tests);
    const Result result = run({.arguments = {built("debian/promtool"), "test", "rules", here / "test.yml"}});
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
  }
}

}  // namespace greylisting::test
