// table: rows for people, in columns.
#pragma once

#include <string>
#include <vector>

namespace greylisting::ctl {

using Cells = std::vector<std::string>;

/// Prints rows of as many cells each, the head first; each column is as wide as its widest cell.
void print_table(const std::vector<Cells>& rows);

}  // namespace greylisting::ctl
