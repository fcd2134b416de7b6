#include "ctl/report_page/table.h"

#include <algorithm>

#include "ctl/print/figure_words.h"
#include "ctl/report_page/html.h"

namespace greylisting::ctl {
namespace {

// So many rows are kept together on paper.
constexpr std::size_t kShort = 14;

// What has a command in its rows is as wide as that: on a telephone each cell is a line of its own.
bool is_stacked(const PageTable& table) {
  return !table.rows.empty() && std::ranges::any_of(table.rows.front().cells, &PageCell::is_command);
}

std::string classes_of(const PageTable& table, bool stacked) {
  std::string classes = table.style;
  const auto add = [&classes](const char* name) {
    classes += std::string(classes.empty() ? "" : " ") + name;
  };
  if (table.rows.size() <= kShort) add("short");
  if (stacked) add("stacked");
  return classes.empty() ? "" : attribute("class", classes);
}

}  // namespace

PageCell count(std::uint64_t number) { return {number_text(number), number}; }

std::string html(const PageTable& table) {
  const bool stacked = is_stacked(table);
  std::string head = element("th", escaped(table.first), " scope=\"col\"");
  for (const PageColumn& column : table.columns)
    head += element("th", escaped(column.title), " scope=\"col\"");
  std::string body;
  for (const PageRow& row : table.rows) {
    std::string cells =
        element("th", escaped(row.name) + (row.is_partial ? " so far" : "") + row.under, " scope=\"row\"");
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const PageCell& cell = row.cells[i];
      std::string attributes = attribute("data-column", table.columns[i].key);
      if (cell.value) attributes += attribute("data-value", std::to_string(*cell.value));
      if (stacked) attributes += attribute("data-title", table.columns[i].title);
      const std::string text = escaped(cell.text);
      cells += element("td", cell.is_command ? "<code>" + text + "</code>" : text, attributes);
    }
    body +=
        element("tr", cells, attribute("data-row", row.name) + (row.is_marked ? " class=\"marked\"" : ""));
  }
  // What is wider than a telephone is scrolled within the page, by the keyboard, too.
  return element("div",
                 element("table",
                         element("caption", escaped(table.caption)) + element("thead", element("tr", head)) +
                             element("tbody", body),
                         classes_of(table, stacked)),
                 R"( class="scroll" tabindex="0" role="region")" + attribute("aria-label", table.caption));
}

std::string folded(const std::string& summary, const PageTable& table, bool is_long) {
  return element("details", element("summary", escaped(summary)) + html(table),
                 is_long ? " class=\"long\"" : "");
}

}  // namespace greylisting::ctl
