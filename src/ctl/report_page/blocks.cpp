#include "ctl/report_page/sections.h"

#include <cstdint>
#include <string>

#include "ctl/report/words.h"
#include "ctl/report_page/charts.h"
#include "ctl/report_page/html.h"
#include "ctl/report_page/table.h"

namespace greylisting::ctl {

Section blocks_section(const Figures& figures) {
  const std::uint64_t all = total(figures.total.first_retries);
  std::string content = paragraph(block_sentence(figures));
  if (all > 0) {
    Chart chart{.id = "chart-blocks",
                .title = "First retries that come in time, by the length of the block",
                .description = block_sentence(figures),
                .parts = {{"come in time", "single"}},
                .is_percent = true};
    PageTable table{.caption = "Of " + number_text(all) + " first retries",
                    .first = "block",
                    .columns = {{"in_time", "would have come in time"},
                                {"early", "would have come too early"},
                                {"share", "share in time"}}};
    for (const BlockShare& block : block_shares(figures.total.first_retries, figures.block)) {
      const std::string length = std::to_string(block.block.count()) + " min";
      const std::string share = share_text(block.in_time, all);
      const std::string now = block.is_current ? " (now)" : "";
      const std::uint64_t percent = (block.in_time * 200 + all) / (2 * all);
      chart.columns.push_back({.label = length,
                               .description = std::string(length).append(now).append(": ").append(share),
                               .parts = {percent},
                               .value = share,
                               .is_marked = block.is_current});
      table.rows.push_back({.name = length + now,
                            .cells = {count(block.in_time), count(all - block.in_time), {share}},
                            .is_marked = block.is_current});
    }
    content += svg(chart) +
               remark(
                   "The current block is underlined. A shorter one lets more mail in at its first retry; how "
                   "much more spam it would let in, these figures cannot tell.") +
               folded("The same figures as a table", table);
  }
  return {"blocks", "A shorter or longer block", content};
}

}  // namespace greylisting::ctl
