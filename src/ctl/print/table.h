// table: rows for people, in columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

using Cells = std::vector<std::string>;

struct TableLayout {
  std::vector<std::size_t> cut{};  // columns that can be cut where a terminal is too narrow, the first is 0
  bool is_wide = false;            // cut nothing (--wide)
};

/// Prints rows of as many cells each, the head first; each column is as wide as its widest cell, and one of
/// figures stands to the right. What goes to a terminal that is too narrow for it is cut.
void print_table(const std::vector<Cells>& rows, const TableLayout& layout = {});

/// The lines of that, for `width` columns.
std::vector<std::string> table_lines(const std::vector<Cells>& rows, const std::vector<std::size_t>& cut,
                                     std::size_t width);

/// How wide the rows are when nothing of them is cut.
std::size_t width_of(const std::vector<Cells>& rows);

/// How many columns there are for a table on standard output: any number, unless that is a terminal.
std::size_t width_for_tables(bool is_wide);

/// `a.very.long.na..example.net`: a UTF-8 text in so many columns, at least 3, without what is in its middle.
std::string cut_in_the_middle(std::string_view text, std::size_t width);

/// A sender or recipient as it is stored, for a person; `<>` for the null sender.
std::string shown_address(std::string_view stored);

/// `alice@example.net -> bob@example.org`, cut to that width, of 20 at least; addresses as they are stored.
std::string addresses_within(std::string_view sender, std::string_view recipient, std::size_t width);

}  // namespace greylisting::ctl
