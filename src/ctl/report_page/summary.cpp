#include "ctl/report_page/sections.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>

#include "ctl/report/words.h"
#include "ctl/report_page/html.h"

namespace greylisting::ctl {
namespace {

struct Tile {
  const char* key;  // by which a test finds it
  std::string title;
  std::string figure;
  std::string note;
  std::string change{};  // on the days before; empty where there is nothing to compare
  std::optional<std::uint64_t> value{};
  const char* style = "single";  // a class of the style sheet
};

std::string html(const Tile& tile) {
  return element("div",
                 element("dt", escaped(tile.title)) +
                     element("dd", escaped(tile.figure), " class=\"figure\"") +
                     element("dd", escaped(tile.note), " class=\"note\"") +
                     (tile.change.empty() ? "" : element("dd", escaped(tile.change), " class=\"change\"")),
                 attribute("class", std::string("of-") + tile.style) + attribute("data-tile", tile.key) +
                     (tile.value ? attribute("data-value", std::to_string(*tile.value)) : ""));
}

struct Share {
  std::uint64_t part = 0;
  std::uint64_t all = 0;
};

Share at_once(const Tally& tally) {
  const std::uint64_t accepted = tally.of(Outcome::accepted);
  return {.part = accepted - std::min(total(tally.waits), accepted), .all = accepted};
}

Share never_retried(const RecordCounts& records) {
  return {.part = records.never_retried, .all = records.all()};
}

// What is compared with: as many days, or those of them of which anything is known.
std::string time_before(const Figures& figures) {
  const std::int64_t days = figures.days_before;
  return days == 1 ? "the day before" : "the " + std::to_string(days) + " days before";
}

// `+3.1 points on the 30 days before`; `size` is what to say of a change, without its sign.
std::string change_text(const Figures& figures, std::int64_t change, const std::string& size) {
  if (change == 0) return "unchanged from " + time_before(figures);
  return (change > 0 ? "+" : "\u2212") + size + " on " + time_before(figures);
}

std::string change_of(const Figures& figures, const Share& now, const Share& before) {
  if (now.all == 0 || before.all == 0) return "";
  constexpr double kPerMille = 1000;
  const auto tenths = [](const Share& share) {
    return std::llround(kPerMille * static_cast<double>(share.part) / static_cast<double>(share.all));
  };
  const std::int64_t change = tenths(now) - tenths(before);
  const std::int64_t size = std::abs(change);
  return change_text(figures, change,
                     std::to_string(size / 10) + '.' + std::to_string(size % 10) + " points");
}

std::string change_of(const Figures& figures, const Durations& now, const Durations& before) {
  const auto delay = percentile(now, 50);
  const auto delay_before = percentile(before, 50);
  if (!delay || !delay_before) return "";
  const std::chrono::seconds change = *delay - *delay_before;
  return change_text(figures, change.count(), duration_text(std::chrono::abs(change)));
}

}  // namespace

Section summary_section(const Figures& figures) {
  const Tally& all = figures.total;
  const std::uint64_t waited = total(all.waits);
  const Share never = never_retried(figures.records);
  const Share immediate = at_once(all);
  const std::string leads =
      html({.key = "never-retried",
            .title = "never came back",
            .figure = share_text(never.part, never.all),
            .note = "of " + number_text(never.all) + " first attempts" + undecided_note(figures.records),
            .change = change_of(figures, never, never_retried(figures.records_before)),
            .value = never.part}) +
      html({.key = "at-once",
            .title = "accepted at once",
            .figure = share_text(immediate.part, immediate.all),
            .note = "of " + number_text(immediate.all) + " accepted; " + number_text(waited) + " had to wait",
            .change = change_of(figures, immediate, at_once(figures.total_before))}) +
      html({.key = "half-waited",
            .title = "median delay",
            .figure = percentile_text(all.waits, 50),
            .note = waited == 0 ? "no mail had to wait"
                                : "90 % waited no longer than " + percentile_text(all.waits, 90),
            .change = change_of(figures, all.waits, figures.total_before.waits)});
  const auto outcome = [&](const char* key, const char* title, Outcome which) {
    const std::uint64_t number = all.of(which);
    return html({.key = key,
                 .title = title,
                 .figure = number_text(number),
                 .note = share_text(number, decisions(all)) + " of all",
                 .value = number,
                 .style = key});
  };
  std::string tiles = outcome("accepted", "Accepted", Outcome::accepted) +
                      outcome("deferred", "Asked to try again later", Outcome::deferred) +
                      outcome("rejected", "Rejected", Outcome::rejected);
  if (const std::uint64_t errors = all.errors(); errors > 0) {
    tiles += html({.key = "errors",
                   .title = "Errors",
                   .figure = number_text(errors),
                   .note = "see the log",
                   .value = errors});
  }
  return {"summary", "At a glance",
          element("dl", leads, " class=\"tiles lead\"") + element("dl", tiles, " class=\"tiles\"")};
}

}  // namespace greylisting::ctl
