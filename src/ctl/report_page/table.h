// table: a table of figures on the page. A test finds a figure by section, row and column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace greylisting::ctl {

struct PageCell {
  std::string text;
  std::optional<std::uint64_t> value{};  // of which the text is the form for people
  bool is_command = false;
};

struct PageRow {
  std::string name;  // the first cell, and by which a test finds the row
  std::vector<PageCell> cells;
  std::string under{};  // markup below the name
  bool is_marked = false;
  bool is_partial = false;  // its time is not over: `so far` stands after the name
};

struct PageColumn {
  const char* key;  // likewise
  const char* title;
};

struct PageTable {
  std::string caption;
  std::string first;  // what the rows' names are
  std::vector<PageColumn> columns;
  std::vector<PageRow> rows{};
  const char* style = "";
};

/// A whole number, for people and for a program that reads the page.
PageCell count(std::uint64_t number);

std::string html(const PageTable& table);

/// A table below a line, which shows it when it is clicked. A long one is left out on paper.
std::string folded(const std::string& summary, const PageTable& table, bool is_long = false);

}  // namespace greylisting::ctl
