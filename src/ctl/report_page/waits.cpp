#include "ctl/report_page/sections.h"

#include <chrono>
#include <cstdint>
#include <string>

#include "ctl/report/words.h"
#include "ctl/report_page/charts.h"
#include "ctl/report_page/html.h"
#include "ctl/report_page/table.h"

namespace greylisting::ctl {
namespace {

// `850`, `1.2k`, `35k`, `1.2M`
std::string brief(std::uint64_t number) {
  constexpr std::uint64_t kThousand = 1000;
  if (number < kThousand) return std::to_string(number);
  const bool is_million = number >= kThousand * kThousand;
  const std::uint64_t tenths = number * 10 / (is_million ? kThousand * kThousand : kThousand);
  std::string text = std::to_string(tenths / 10);
  if (tenths < 100) text += '.' + std::to_string(tenths % 10);
  return text + (is_million ? 'M' : 'k');
}

}  // namespace

Section waits_section(const Figures& figures) {
  const Durations& waits = figures.total.waits;
  const std::uint64_t all = total(waits);
  if (all == 0) return {"waits", "How long good mail waited", paragraph("No mail had to wait.")};
  Chart chart{.id = "chart-waits",
              .title = "Mail by how long it waited",
              .parts = {{"mail that waited", "single"}},
              .has_ranges = true};
  PageTable table{.caption = "Mail that was deferred and then passed, by how long that took",
                  .first = "waited",
                  .columns = {{"count", "mail"}, {"share", "share"}}};
  for (const Bin& bin : histogram(waits)) {
    chart.columns.push_back(
        {.label = bin_label(bin),
         .description = bin_text(bin) + ": " + number_text(bin.count) + ", " + share_text(bin.count, all),
         .parts = {bin.count},
         .value = bin.count > 0 ? brief(bin.count) : ""});
    table.rows.push_back({.name = bin_text(bin), .cells = {count(bin.count), {share_text(bin.count, all)}}});
  }
  PageTable ranks{.caption = "How long most of it waited",
                  .first = "of the mail that waited",
                  .columns = {{"wait", "waited up to"}},
                  .style = "narrow"};
  for (const unsigned percent : {50U, 75U, 90U, 95U, 99U}) {
    const auto wait = percentile(waits, percent).value_or(std::chrono::seconds(0));
    ranks.rows.push_back({.name = std::to_string(percent) + " %",
                          .cells = {{duration_text(wait), static_cast<std::uint64_t>(wait.count())}}});
  }
  chart.description = "Median delay of " + number_text(all) + " messages: " + percentile_text(waits, 50) +
                      ", 90 % within " + percentile_text(waits, 90) + ".";
  return {
      "waits", "How long good mail waited",
      paragraph(number_text(all) +
                " messages were deferred and then accepted. The sending server decides when it tries "
                "again, and is let in once the block is over: it is " +
                number_text(static_cast<std::uint64_t>(figures.block.count())) +
                " min now (block_expire), where the administrator has not said otherwise.") +
          svg(chart) + html(ranks) +
          remark("Delays are counted in steps, rounded down: of 5 s up to ten minutes, of a minute up to two "
                 "hours, of five minutes up to half a day, of hours above.") +
          folded("The same figures as a table", table)};
}

}  // namespace greylisting::ctl
