#include "ctl/report_page/sections.h"

#include <cstdint>
#include <optional>

#include "ctl/print/typed_command.h"
#include "ctl/report/words.h"
#include "ctl/report_page/html.h"
#include "ctl/report_page/table.h"
#include "text/printable.h"

namespace greylisting::ctl {

Section providers_section(const Figures& figures) {
  constexpr const char* kTitle = "Good mail held up: providers that send from several networks";
  if (figures.are_names_left_out) return {"pools", kTitle, paragraph("Domains are left out (--no-names).")};
  if (figures.pools.empty())
    return {"pools", kTitle, paragraph("No message came from a second network before it had passed.")};
  PageTable table{.caption = "Messages that came from several networks before they passed, by sender domain",
                  .first = "domain",
                  .columns = {{"messages", "messages"},
                              {"networks", "most networks of one"},
                              {"longest", "longest wait"},
                              {"in_vain", "failed attempts elsewhere"}}};
  if (!figures.has_hashes) table.columns.push_back({"command", "to let it in"});
  for (const PoolCounts& pool : figures.pools) {
    const bool is_there = pool.messages > 0;
    table.rows.push_back(
        {.name = one_line(pool.domain),
         .cells = {
             count(pool.messages),
             count(pool.networks),
             {is_there ? duration_text(pool.longest) : "-",
              is_there ? std::optional(static_cast<std::uint64_t>(pool.longest.count())) : std::nullopt},
             count(pool.in_vain)}});
    if (!figures.has_hashes) {
      table.rows.back().cells.push_back(
          {.text = TypedCommand("import").with({"spf", pool.domain}), .is_command = true});
    }
  }
  return {
      "pools", kTitle,
      paragraph("Some providers retry from another of their servers, which counts as a first attempt again. "
                "The command allows the networks that the domain's SPF record names; with an SPF check "
                "(spf=check) a retry from any of them counts by itself.") +
          html(table)};
}

}  // namespace greylisting::ctl
