// config/prometheus-alerts.yml: an alert comes where something is missing, too, and of nobody else.

#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/promtool.h"

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

std::string alert(const std::string& labels, const std::string& summary, const std::string& description) {
  return "          - {exp_labels: {" + labels + "severity: warning}, exp_annotations: {summary: '" +
         summary + "', description: '" + description + "'}}\n";
}

void check_alerts(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
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
  check_alerts({
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
  });
}

// A sample every ten minutes: a small site has 5 recipients in that time, a middle one 600, a large one
// 60,000.
TEST_CASE("An alert comes where recipients are left undecided, at small, middle and large sites",
          "[alerts]") {
  const auto failing = [](const std::string& share) {
    return alert(
        "instance: a, ", "greylisting on a fails to decide",
        share +
            " of the recipients of the last hour, or day, were left undecided. greylistctl check and the "
            "mail log "
            "say why.");
  };
  struct Site {
    const char* name;
    unsigned recipients;  // in ten minutes
    unsigned few;         // errors in that time that are no reason for an alert
  };
  for (const Site& site : {Site{"small", 5, 0}, Site{"middle", 600, 5}, Site{"large", 60000, 500}}) {
    CAPTURE(site.name);
    // All decisions, and then so many errors in their place.
    const auto with_errors = [&site](unsigned errors) {
      const std::string all = std::to_string(site.recipients);
      return series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}",
                    "0+" + all + "x60 " + std::to_string(site.recipients * 61 - errors) + "+" +
                        std::to_string(site.recipients - errors) + "x60") +
             series("greylisting_decisions_total{instance=\"a\",outcome=\"accepted\",reason=\"known\"}",
                    "0x121") +
             series("greylisting_errors_total{instance=\"a\"}",
                    "0x60 " + std::to_string(errors) + "+" + std::to_string(errors) + "x60");
    };
    check_alerts({{"none", with_errors(0), "Errors", "18h", ""},
                  {"few", with_errors(site.few), "Errors", "18h", ""},
                  {"all", with_errors(site.recipients), "Errors", "18h", failing("100%")},
                  {"a fifth", with_errors(site.recipients / 5), "Errors", "18h", failing("20%")},
                  {"not for long", with_errors(site.recipients), "Errors", "10h10m", ""}});
  }
  // A tiny one has two an hour, too few for a share of an hour.
  const auto tiny = [](const std::string& decisions, const std::string& errors) {
    return series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}",
                  decisions) +
           series("greylisting_errors_total{instance=\"a\"}", errors);
  };
  const std::string all_fail = tiny("0+0.3333x60 20x300", "0x60 0+0.3333x150 50x150");
  check_alerts(
      {{"tiny, none", tiny("0+0.3333x300", "0x300"), "Errors", "36h", ""},
       {"tiny, all", all_fail, "Errors", "34h30m", failing("100%")},
       {"tiny, one of three", tiny("0+0.2222x300", "0+0.1111x300"), "Errors", "36h", failing("33.33%")},
       {"tiny, mended", all_fail, "Errors", "39h", ""},
       {"middle, mended", tiny("0+600x60 36000x6 36600+600x100", "0x60 600+600x5 3600x100"), "Errors", "15h",
        ""}});
  // One a day is nobody's trouble, however few recipients there are.
  check_alerts(
      {{"one",
        series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}", "0+1x120") +
            series("greylisting_errors_total{instance=\"a\"}", "0x60 1x60"),
        "Errors", "10h30m", ""}});
}

TEST_CASE("An alert comes where nothing is decided any more, at small, middle and large sites", "[alerts]") {
  const std::string silent = alert(
      "instance: a, ", "greylisting on a has decided nothing for hours",
      "No mail comes in, or qmail-smtpd does not run the plugin. greylistctl check looks at the second.");
  // A week of mail, and then none.
  const auto week = [](unsigned recipients) {
    const std::string number = std::to_string(recipients);
    return series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}",
                  "0+" + number + "x1008 " + std::to_string(recipients * 1008) + "x300") +
           series("greylisting_errors_total{instance=\"a\"}", "0x1309");
  };
  // Of a recipient in four hours.
  const std::string tiny =
      series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}",
             "0x100 1x300 30x900") +
      series("greylisting_errors_total{instance=\"a\"}", "0x1300");
  check_alerts(
      {{"small, while there is mail", week(5), "Silent", "168h", ""},
       {"small, two hours", week(5), "Silent", "170h", ""},
       {"small, seven hours", week(5), "Silent", "175h", silent},
       {"middle, half an hour", week(600), "Silent", "168h30m", ""},
       {"middle, two hours", week(600), "Silent", "170h", silent},
       {"large, two hours", week(60000), "Silent", "170h", silent},
       {"tiny, for two days", tiny, "Silent", "200h", ""},
       {"new, and nothing yet",
        series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}", "0x600") +
            series("greylisting_errors_total{instance=\"a\"}", "0x600"),
        "Silent", "90h", ""},
       {"errors alone",
        series("greylisting_decisions_total{instance=\"a\",outcome=\"deferred\",reason=\"new\"}",
               "0+600x1008 604800x100") +
            series("greylisting_errors_total{instance=\"a\"}", "0x1008 600+600x100"),
        "Silent", "175h", ""}});
}

}  // namespace greylisting::test
