#include "ctl/report_page/sections.h"

#include <cstdint>

#include "ctl/report/words.h"
#include "ctl/report_page/charted_days.h"
#include "ctl/report_page/charts.h"
#include "ctl/report_page/html.h"
#include "ctl/report_page/table.h"

namespace greylisting::ctl {

Section never_retried_section(const Figures& figures) {
  Chart chart{.id = "chart-records",
              .title = "Share of first attempts that were never retried, by day",
              .parts = {{"never retried", "single"}, {"undecided", "undecided"}},
              .is_percent = true};
  PageTable table{.caption = "First attempts by day, and what became of them",
                  .first = "day",
                  .columns = {{"all", "first attempts"},
                              {"passed", "passed"},
                              {"retried", "retried, never passed"},
                              {"never_retried", "never retried"},
                              {"undecided", "undecided"},
                              {"share", "share never retried"},
                              {"undecided_share", "share undecided"}}};
  for (const ChartedDays& days : charted_days(figures)) {
    const RecordCounts& records = days.records;
    const std::uint64_t never = whole_percent(records.never_retried, records.all());
    const std::uint64_t known = whole_percent(records.never_retried + records.undecided, records.all());
    chart.columns.push_back({.label = days.label,
                             .description = days.when + ": " +
                                            share_text(records.never_retried, records.all()) + " of " +
                                            number_text(records.all()) + undecided_note(records),
                             .parts = {never, known - never},
                             .is_partial = days.is_partial});
  }
  for (const auto& [date, tally, records] : figures.days) {
    table.rows.push_back({.name = date,
                          .cells = {count(records.all()),
                                    count(records.passed),
                                    count(records.retried),
                                    count(records.never_retried),
                                    count(records.undecided),
                                    {share_text(records.never_retried, records.all())},
                                    {share_text(records.undecided, records.all())}},
                          .is_partial = figures.is_so_far(date)});
  }
  const RecordCounts& all = figures.records;
  chart.description = "Over all days " + share_text(all.never_retried, all.all()) + undecided_note(all) + ".";
  return {"records", "Clients that never retried",
          paragraph("Most software that sends spam does not try again. Of " + number_text(all.all()) +
                    " first attempts, " + number_text(all.never_retried) + " were never retried: " +
                    share_text(all.never_retried, all.all()) + undecided_note(all) + '.') +
              svg(chart) + remark_on_short_week(figures) +
              (all.undecided == 0
                   ? ""
                   : remark(number_text(all.undecided) +
                            " are undecided: they have not passed, and may still be retried until "
                            "their time (record_expire) is over. Some of them will never be, and add to the "
                            "share of their day.")) +
              folded("The same figures as a table", table)};
}

}  // namespace greylisting::ctl
