#include "ctl/report/page_table.h"

#include "ctl/print/figure_words.h"
#include "ctl/report/html.h"

namespace greylisting::ctl {

PageCell count(std::uint64_t number) { return {number_text(number), number}; }

std::string html(const PageTable& table) {
  std::string head = element("th", escaped(table.first), " scope=\"col\"");
  for (const PageColumn& column : table.columns)
    head += element("th", escaped(column.title), " scope=\"col\"");
  std::string body;
  for (const PageRow& row : table.rows) {
    std::string cells = element("th", escaped(row.name) + row.under, " scope=\"row\"");
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const PageCell& cell = row.cells[i];
      std::string attributes = attribute("data-column", table.columns[i].key);
      if (cell.value) attributes += attribute("data-value", std::to_string(*cell.value));
      cells += element("td", escaped(cell.text), attributes);
    }
    body +=
        element("tr", cells, attribute("data-row", row.name) + (row.is_marked ? " class=\"marked\"" : ""));
  }
  // What is wider than a telephone is scrolled within the page, by the keyboard, too.
  return element("div",
                 element("table",
                         element("caption", escaped(table.caption)) + element("thead", element("tr", head)) +
                             element("tbody", body),
                         *table.style == '\0' ? "" : attribute("class", table.style)),
                 R"( class="scroll" tabindex="0" role="region")" + attribute("aria-label", table.caption));
}

std::string folded(const std::string& summary, const PageTable& table, bool is_long) {
  return element("details", element("summary", escaped(summary)) + html(table),
                 is_long ? " class=\"long\"" : "");
}

}  // namespace greylisting::ctl
