// sql_dump: the rows in what mysqldump, pg_dump and sqlite3's .dump write: INSERT statements, and pg_dump's
// COPY.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

struct DumpedRow {
  std::string_view table;                   // without schema and quotes
  const std::vector<std::string>& columns;  // empty where the dump does not name them
  const std::vector<std::string>& values;   // NULL is empty
  std::size_t line = 0;                     // on which it begins, from 1
};

/// Calls `take` with each row of every table. Returns lines, from 1, at which a statement that adds rows
/// could not be read on; its rows before that are taken. Never throws for what is in it.
std::vector<std::size_t> read_dump(std::string_view text,
                                   const std::function<void(const DumpedRow& row)>& take);

}  // namespace greylisting::ctl
