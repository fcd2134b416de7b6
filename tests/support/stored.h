// stored: what is in a store, as a text to compare.
#pragma once

#include <string>

#include "installation.h"

namespace greylisting::test {

/// The first column of the first row.
inline std::string value(const Installation& installation, const std::string& query) {
  return installation.sql(query).at(0).at(0).value_or("NULL");
}

/// How many rows a table has; `table` may go on with a condition.
inline std::string row_count(const Installation& installation,
                             const std::string& table = "greylisting_data") {
  return value(installation, "SELECT COUNT(*) FROM " + table);
}

/// What is in greylisting_entries, but for ids and the times when rows were made.
inline std::string entries(const Installation& installation) {
  return text(installation.sql(
      "SELECT action, kind, HEX(pattern), HEX(subject), COALESCE(HEX(network_end), ''), specificity, "
      "block_expire, reply, expires, comment FROM greylisting_entries "
      "ORDER BY action, kind, HEX(pattern)"));
}

}  // namespace greylisting::test
