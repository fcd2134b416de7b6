// table_fault: what a hand has done to a table, so that it is no longer as the schema makes it.
#pragma once

#include <string>
#include <vector>

namespace greylisting {

struct TableFault {
  std::string table;
  std::string text;           // what it has: `no column pool`
  std::string clause;         // of ALTER TABLE, that mends it (MySQL); the index or trigger (SQLite)
  bool can_be_mended = true;  // not where nothing says what the rows had in a column
};

/// `a column client that is varchar(99), not binary(16)`.
std::string in_place_of(const std::string& column, const std::string& is, const std::string& should);

/// `Mended greylisting_clients, which had no column passes, no PRIMARY KEY (client).`: a sentence for each
/// table. They stand together in `faults`.
std::vector<std::string> sentences_of(const std::vector<TableFault>& faults, const std::string& begin,
                                      const std::string& has);

}  // namespace greylisting
