// config/prometheus-alerts.yml: an alert comes where something is missing, too, and of nobody else.

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

// Samples from the beginning on, ten minutes apart, and the alerts at some time, as promtool wants them.
struct Case {
  std::string what;
  std::string samples;
  std::string alert;
  std::string at;
  std::string expected;  // `exp_alerts`; empty for none
};

std::string series(const std::string& name, const std::string& values) {
  return "      - {series: '" + name + "', values: '" + values + "'}\n";
}

std::string alert(const std::string& labels, const std::string& summary, const std::string& description) {
  return "          - {exp_labels: {" + labels + "severity: warning}, exp_annotations: {summary: '" +
         summary + "', description: '" + description + "'}}\n";
}

}  // namespace

TEST_CASE("An alert comes where a clean-up or the metrics have never been, or are gone", "[alerts]") {
  const auto up = [](const std::string& host) {
    return series("greylisting_store_up{instance=\"" + host + "\"}", "1x600");
  };
  const auto cleaned = [](const std::string& host, const std::string& values) {
    return series("greylisting_last_cleanup_timestamp_seconds{instance=\"" + host + "\"}", values);
  };
  const auto file = [](const std::string& host, const std::string& values) {
    return series("node_textfile_mtime_seconds{instance=\"" + host + "\",file=\"/x/greylisting.prom\"}",
                  values);
  };
  const auto overdue = [](const std::string& host) {
    return alert("instance: " + host + ", ",
                 "the clean-up of greylisting on " + host + " has not run for two days",
                 "Run greylistctl cleanup and see whether cron does (config/crontab).");
  };
  const auto old = [](const std::string& labels, const std::string& where) {
    return alert(labels, "the metrics of greylisting" + where + " are an hour old, or gone",
                 "See whether cron runs greylistctl metrics (config/crontab).");
  };
  const std::string of_file = "instance: a, file: /x/greylisting.prom, ";
  for (const Case& each : std::vector<Case>{
           {"cleaned daily", up("a") + cleaned("a", "0+600x600"), "CleanupOverdue", "90h", ""},
           {"cleaned once", up("a") + cleaned("a", "0x600"), "CleanupOverdue", "50h", overdue("a")},
           {"never cleaned, and new", up("a"), "CleanupOverdue", "48h", ""},
           {"never cleaned", up("a"), "CleanupOverdue", "50h", overdue("a")},
           {"another cleans", up("a") + up("b") + cleaned("b", "0+600x600"), "CleanupOverdue", "50h",
            overdue("a")},
           {"written", file("a", "0+600x600"), "MetricsOld", "10h", ""},
           {"written once", file("a", "0x600"), "MetricsOld", "10h", old(of_file, " on a")},
           {"gone here", file("a", "0+600x30 stale") + file("b", "0+600x600"), "MetricsOld", "10h",
            old(of_file, " on a")},
           {"never written", up("a"), "MetricsOld", "10h", old("", "")},
       }) {
    CAPTURE(each.what);
    const TemporaryDirectory here;
    write_file(here / "test.yml",
               "rule_files: ['" + (source_tree() / "config/prometheus-alerts.yml").string() +
                   "']\nevaluation_interval: 10m\ntests:\n  - interval: 10m\n    input_series:\n" +
                   each.samples + "    alert_rule_test:\n      - eval_time: " + each.at +
                   "\n        alertname: Greylisting" + each.alert + "\n        exp_alerts:\n" +
                   each.expected);
    const Result result = run({.arguments = {built("debian/promtool"), "test", "rules", here / "test.yml"}});
    CAPTURE(result.output, result.errors);
    CHECK(result.status == 0);
  }
}

}  // namespace greylisting::test
