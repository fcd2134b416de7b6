#include "ctl/report_page/sections.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "ctl/report_page/html.h"
#include "ctl/report_page/table.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

PageTable table_of(const char* title, const char* first, const std::vector<NameCount>& names) {
  PageTable table{
      .caption = title, .first = first, .columns = {{"count", "first attempts"}}, .style = "names"};
  for (const auto& [name, number] : names) {
    const std::uint64_t permille = number * 1000 / std::max<std::uint64_t>(1, names.front().count);
    const std::string width = std::to_string(permille / 10) + '.' + std::to_string(permille % 10) + '%';
    table.rows.push_back(
        {.name = one_line(name),
         .cells = {count(number)},
         .under = "<svg class=\"bar\" height=\"4\" aria-hidden=\"true\"><rect class=\"single\" "
                  "height=\"4\"" +
                  attribute("width", width) + "/></svg>"});
  }
  return table;
}

}  // namespace

Section names_section(const Figures& figures) {
  constexpr const char* kTitle = "Whose mail was never retried";
  if (figures.are_names_left_out)
    return {"names", kTitle, paragraph("Addresses are left out of this page (--no-names).")};
  if (figures.recipients.empty()) return {"names", kTitle, paragraph("There is no such mail.")};
  const auto list = [](const char* id, const PageTable& table) {
    return element("div", html(table), attribute("id", id));
  };
  std::string lists = list("recipients", table_of("Recipients it was for", "recipient", figures.recipients));
  if (figures.domain.is_all()) {
    lists =
        list("clients", table_of("Networks it came from", "network", figures.clients)) +
        list("sender-domains", table_of("Domains it said it was from", "domain", figures.sender_domains)) +
        lists;
  }
  return {
      "names", kTitle,
      element("div", lists, " class=\"columns\"") +
          remark(figures.has_hashes
                     ? "Addresses and domains are kept as hashes (privacy=hash) and shown as such."
                 : figures.domain.is_all()
                     ? "A sender can claim any domain. Mail of providers that send from several networks is "
                       "not counted here; it has a table of its own below."
                     : "Where it came from is counted for the mail to all domains together.")};
}

}  // namespace greylisting::ctl
