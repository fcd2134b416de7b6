#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/caller.h"
#include "ctl/check/reach.h"
#include "ctl/commands.h"
#include "ctl/print/output_file.h"
#include "ctl/records/recent.h"
#include "ctl/records/sizes.h"
#include "text/utc.h"
#include "version.h"

namespace greylisting::ctl {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

// The Prometheus text format, version 0.0.4.
class Exposition {
 public:
  void begin(const std::string& metric, std::string_view type, std::string_view help) {
    metric_ = "greylisting_" + metric;
    text_.append("# HELP ").append(metric_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(metric_).append(" ").append(type).append("\n");
  }

  void add(std::uint64_t value, const Labels& labels = {}, std::string_view suffix = "") {
    text_.append(metric_).append(suffix);
    for (const auto& [name, label] : labels) {
      text_ += &name == &labels.front().first ? '{' : ',';
      text_.append(name).append("=\"");
      for (const char c : label) {
        if (c == '\\' || c == '"') text_ += '\\';
        text_.append(c == '\n' ? "\\n" : std::string(1, c));
      }
      text_ += '"';
    }
    text_.append(labels.empty() ? " " : "} ").append(std::to_string(value)).append("\n");
  }

  const std::string& text() const { return text_; }

 private:
  std::string metric_;
  std::string text_;
};

void add_decisions(Exposition& metrics, const Tally& tally) {
  metrics.begin("decisions_total", "counter", "Decisions of this host, by outcome and reason.");
  for (const Reason reason : kReasons)
    metrics.add(tally.of(reason),
                {{"outcome", std::string(name(outcome_of(reason)))}, {"reason", std::string(name(reason))}});
  metrics.begin("errors_total", "counter",
                "Recipients of this host for which there was no decision, because something broke.");
  metrics.add(tally.errors());
  metrics.begin("first_retries_total", "counter",
                "Deferred triplets that came back to this host at least once.");
  metrics.add(total(tally.first_retries));
}

void add_waits(Exposition& metrics, const Durations& waits) {
  using namespace std::chrono_literals;
  constexpr std::array<std::chrono::seconds, 13> kBounds{1min, 5min, 10min, 15min, 30min, 1h, 90min,
                                                         2h,   4h,   8h,    12h,   24h,   72h};
  metrics.begin(
      "wait_seconds", "histogram",
      "How long mail had waited that passed after it was deferred, in the steps of greylistctl's counts.");
  std::uint64_t sum = 0;
  for (const auto& [wait, count] : waits) sum += static_cast<std::uint64_t>(wait.count()) * count;
  for (const auto bound : kBounds) {
    std::uint64_t within = 0;
    for (const auto& [wait, count] : waits) within += wait <= bound ? count : 0;
    metrics.add(within, {{"le", std::to_string(bound.count())}}, "_bucket");
  }
  metrics.add(total(waits), {{"le", "+Inf"}}, "_bucket");
  metrics.add(sum, {}, "_sum");
  metrics.add(total(waits), {}, "_count");
}

void add_sizes(Exposition& metrics, const Sizes& sizes) {
  metrics.begin("records", "gauge", "Records of triplets in the store.");
  metrics.add(sizes.records);
  metrics.begin("records_waiting", "gauge",
                "Records of triplets that were deferred and have not passed yet.");
  metrics.add(sizes.waiting);
  metrics.begin("records_over", "gauge", "Expired records, which the next clean-up deletes.");
  metrics.add(sizes.over);
  metrics.begin("clients", "gauge", "Client identities by what they have earned.");
  metrics.add(sizes.trusted, {{"standing", "trusted"}});
  metrics.add(sizes.trapped, {{"standing", "trapped"}});
  metrics.begin("entries", "gauge", "List entries in force, by action.");
  for (const auto& [action, count] : sizes.entries) metrics.add(count, {{"action", action}});
  if (const auto last = time_of(sizes.last_cleanup)) {
    metrics.begin("last_cleanup_timestamp_seconds", "gauge",
                  "When the clean-up last went through this store.");
    metrics.add(static_cast<std::uint64_t>(*last));
  }
}

}  // namespace

int metrics(const LoadedSettings& loaded, const MetricsOptions& options) {
  Exposition metrics;
  metrics.begin("build_info", "gauge", "The version of greylistctl.");
  metrics.add(1, {{"version", std::string(kVersion)}});
  const Caller caller;
  // Root can read what the plugin cannot.
  const std::string out_of_reach = why_out_of_reach(loaded);
  std::string problem;
  try {
    const auto administration = open_administration(loaded.settings, Patience::for_a_look);
    History history(*administration);
    // All of it or, when something breaks, nothing: a counter that falls looks like one that begins anew.
    const Tally tally = counted_by_this_host(Journal(loaded.settings), history);
    const Sizes sizes = ctl::sizes(*administration, loaded.settings);
    add_decisions(metrics, tally);
    add_waits(metrics, tally.waits);
    add_sizes(metrics, sizes);
  } catch (const StoreError& error) {
    problem = error.what();
  }
  metrics.begin("store_up", "gauge", "Whether greylistctl could read the store, and the plugin can use it.");
  metrics.add(problem.empty() && out_of_reach.empty() ? 1 : 0);

  if (options.output.empty()) {
    std::cout << metrics.text();
  } else {
    caller.come_back();
    write_whole_file(options.output, metrics.text());
  }
  for (const std::string& text : {problem, out_of_reach}) {
    if (!text.empty()) std::cerr << "greylistctl metrics: " << text << '\n';
  }
  return problem.empty() && out_of_reach.empty() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
