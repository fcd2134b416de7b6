// sql: the text of the files in sql/, built in, and what replaces the words in it that begin with a colon.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/fingerprint.h"
#include "mail/network.h"

namespace greylisting::sql {

extern const std::string_view mysql_schema;
extern const std::string_view mysql_upgrade_from_03;
extern const std::string_view mysql_upgrade_from_05;
extern const std::string_view mysql_upgrade_from_3;
extern const std::string_view mysql_record;
extern const std::string_view sqlite_schema;
extern const std::string_view sqlite_record;
extern const std::string_view shared_look;
extern const std::string_view shared_expect;
extern const std::string_view shared_group;
extern const std::string_view shared_entries;
extern const std::string_view shared_waiting;
extern const std::string_view shared_earn;
extern const std::string_view shared_take_back;
extern const std::string_view shared_fall_of_group;
extern const std::string_view shared_keep_group;

/// The version that the schema files describe, as greylisting_meta has it.
inline constexpr std::string_view kSchemaVersion = "5";

/// `x'c0000201'`: a binary string. Its digits cannot be anything but digits, whatever the bytes are.
std::string literal(std::string_view bytes);

/// What `write` makes of each with commas between them, as after IN.
template <typename Range, typename Write = std::identity>
std::string list_of(const Range& range, Write write = {}) {
  std::string list;
  for (const auto& each : range) list.append(list.empty() ? "" : ",").append(write(each));
  return list;
}

/// The literals of `first_addresses_around(address)` with commas between them.
std::string network_literals(const IpAddress& address);

/// Words and what stands in their place: numbers, `NULL`, literals, and lists of literals with commas between
/// them.
using Literals = std::vector<std::pair<std::string_view, std::string>>;

/// How a store writes text: `_latin1 x'…'`, whatever the connection's and the column's character sets are, or
/// `CAST(x'…' AS TEXT)`.
enum class Dialect { mysql, sqlite };
std::string text_literal(std::string_view text, Dialect dialect);

/// `UTC_TIMESTAMP()`, and what comes `by` later or earlier.
std::string now(Dialect dialect);
std::string from_now(std::chrono::seconds by, Dialect dialect);

/// What an INSERT ends with where a row with that key, columns with commas between them, may be there
/// already; assignments come after it.
std::string on_conflict(std::string_view key, Dialect dialect);

/// The value of `column` in the row that could not be inserted.
std::string inserted(std::string_view column, Dialect dialect);

/// What greylisting_data.id is in a new record of MySQL: the first 52 bits of its key.
std::uint64_t record_id(const Fingerprint& key);

/// `sql` with each `:name` replaced by its literal, in `own` or else in `shared`. A `:name` that has none
/// is left as it is, to be bound.
std::string with_literals(std::string_view sql, const Literals& own, const Literals& shared = {});

}  // namespace greylisting::sql
