// sql: the text of the files in sql/, built in, and what replaces the words in it that begin with a colon.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judgement/attempt.h"

namespace greylisting::sql {

extern const std::string_view mysql_schema;
extern const std::string_view mysql_upgrade_from_05;
extern const std::string_view mysql_upgrade_from_2;
extern const std::string_view mysql_known;
extern const std::string_view mysql_known_again;
extern const std::string_view mysql_group;
extern const std::string_view mysql_used;
extern const std::string_view mysql_lists;
extern const std::string_view mysql_judge;
extern const std::string_view mysql_earn;
extern const std::string_view mysql_record;
extern const std::string_view mysql_fall_of_group;
extern const std::string_view mysql_regexps;
extern const std::string_view mysql_session;
extern const std::string_view mysql_answer;
extern const std::string_view sqlite_schema;
extern const std::string_view sqlite_known;
extern const std::string_view sqlite_known_again;
extern const std::string_view sqlite_standing;
extern const std::string_view sqlite_judge;
extern const std::string_view sqlite_record;
extern const std::string_view sqlite_earn;
extern const std::string_view sqlite_fall_of_group;
extern const std::string_view sqlite_session;

/// The version that the schema files describe, as greylisting_meta has it.
inline constexpr std::string_view kSchemaVersion = "3";

/// `x'c0000201'`: a binary string. Its digits cannot be anything but digits, whatever the bytes are.
std::string literal(std::string_view bytes);

/// The literals of `first_addresses_around(address)` with commas between them.
std::string network_literals(const IpAddress& address);

/// Words and what stands in their place: numbers, `NULL`, literals, and lists of literals with commas between
/// them.
using Literals = std::vector<std::pair<std::string_view, std::string>>;

/// How a store writes text: `_latin1 x'…'`, whatever the connection's and the column's character sets are, or
/// `CAST(x'…' AS TEXT)`.
enum class Dialect { mysql, sqlite };
std::string text_literal(std::string_view text, Dialect dialect);

/// Everything that the statements of either store ask of an attempt.
Literals literals_of(const Attempt& attempt, Dialect dialect);

/// For each identity under which the client earns trust, what sql/…/earn.sql asks of it; its network's first.
std::vector<Literals> identities_of(const Attempt& attempt, Dialect dialect);

/// For each record of the attempt, what sql/…/record.sql asks of it; that of the client's network first.
std::vector<Literals> records_of(const Attempt& attempt, Dialect dialect);

/// What greylisting_data.id is in a new record of MySQL: the first 52 bits of its key.
std::uint64_t record_id(const Fingerprint& key);

/// `sql` with each `:name` replaced by its literal, in `own` or else in `shared`. A `:name` that has none
/// is left as it is, to be bound.
std::string with_literals(std::string_view sql, const Literals& own, const Literals& shared = {});

}  // namespace greylisting::sql
