#include "ctl/print/table.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <limits>

#include "ctl/print/terminal.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kDots = "..";
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  // of a column that is cut

bool begins_a_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

// Characters of UTF-8.
std::size_t width_of_text(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, begins_a_character));
}

// Where the character of that number begins.
std::size_t place_of(std::string_view text, std::size_t character) {
  std::size_t place = 0;
  for (std::size_t begun = 0; place < text.size(); ++place) {
    if (begins_a_character(text[place]) && begun++ == character) break;
  }
  return place;
}

bool is_number(std::string_view word) {
  return !word.empty() && ascii::is_digit(word.front()) && std::ranges::count(word, '.') <= 1 &&
         std::ranges::all_of(word, [](char c) { return ascii::is_digit(c) || c == '.' || c == ','; });
}

// `1,902`, `80.5 %`, `1 h 20 min`
bool is_figure(std::string_view cell) {
  constexpr std::array<std::string_view, 5> kUnits{"%", "s", "min", "h", "d"};
  for (bool is_first = true; !cell.empty(); is_first = false) {
    const std::string_view word = cell.substr(0, cell.find(' '));
    cell.remove_prefix(std::min(word.size() + 1, cell.size()));
    if (!is_number(word) && (is_first || std::ranges::find(kUnits, word) == kUnits.end())) return false;
  }
  return true;
}

// Whether there is a figure in it, and nothing else but what stands for none.
bool is_of_figures(const std::vector<Cells>& rows, std::size_t column) {
  bool has_one = false;
  for (auto row = rows.begin() + 1; row < rows.end(); ++row) {
    const std::string& cell = (*row)[column];
    if (cell.empty() || cell == "-") continue;
    if (!is_figure(cell)) return false;
    has_one = true;
  }
  return has_one;
}

std::vector<std::size_t> widths_of(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of_text(row[i]));
  }
  return widths;
}

std::size_t width_of_row(const std::vector<std::size_t>& widths) {
  std::size_t width = kGap * (widths.size() - 1);
  for (const std::size_t each : widths) width += each;
  return width;
}

// The widest of the columns gives way first.
void fit(std::vector<std::size_t>& widths, const std::vector<std::size_t>& cut, std::size_t width) {
  while (!cut.empty() && width_of_row(widths) > width) {
    std::size_t& widest =
        widths[*std::ranges::max_element(cut, {}, [&widths](std::size_t i) { return widths[i]; })];
    if (widest <= kNarrowest) return;
    --widest;
  }
}

}  // namespace

std::string cut_in_the_middle(std::string_view text, std::size_t width) {
  const std::size_t whole = width_of_text(text);
  if (whole <= width) return std::string(text);
  const std::size_t kept = width - kDots.size();
  const std::size_t behind = kept / 2;
  return std::string(text.substr(0, place_of(text, kept - behind)))
      .append(kDots)
      .append(text.substr(place_of(text, whole - behind)));
}

std::string shown_address(std::string_view stored) { return stored.empty() ? "<>" : one_line(stored); }

std::string addresses_within(std::string_view sender, std::string_view recipient, std::size_t width) {
  constexpr std::string_view kArrow = " -> ";
  const std::string from = shown_address(sender);
  const std::string to = one_line(recipient);
  const std::size_t room = width - kArrow.size();
  const std::size_t half = room / 2;
  const std::size_t for_sender =
      from.size() <= half ? from.size() : std::max(half, room - std::min(room, to.size()));
  return cut_in_the_middle(from, for_sender) + std::string(kArrow) +
         cut_in_the_middle(to, room - std::min(for_sender, from.size()));
}

std::size_t width_of(const std::vector<Cells>& rows) { return width_of_row(widths_of(rows)); }

std::size_t width_for_tables(bool is_wide) {
  return is_wide || isatty(STDOUT_FILENO) == 0 ? std::numeric_limits<std::size_t>::max()
                                               : width_of(STDOUT_FILENO);
}

std::vector<std::string> table_lines(const std::vector<Cells>& rows, const std::vector<std::size_t>& cut,
                                     std::size_t width) {
  std::vector<std::size_t> widths = widths_of(rows);
  fit(widths, cut, width);
  std::vector<bool> is_to_the_right(widths.size());
  for (std::size_t i = 0; i < widths.size(); ++i) is_to_the_right[i] = is_of_figures(rows, i);
  std::vector<std::string> lines;
  for (const Cells& row : rows) {
    std::string& line = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = cut_in_the_middle(row[i], widths[i]);
      const std::string blanks(widths[i] - width_of_text(cell), ' ');
      line.append(i == 0 ? 0 : kGap, ' ').append(is_to_the_right[i] ? blanks + cell : cell + blanks);
    }
    line.resize(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

void print_table(const std::vector<Cells>& rows, const TableLayout& layout) {
  for (const std::string& line : table_lines(rows, layout.cut, width_for_tables(layout.is_wide)))
    std::cout << line << '\n';
}

}  // namespace greylisting::ctl
