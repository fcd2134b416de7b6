// sql: the text of the files in sql/, built in. Comments and line ends are taken out by the Makefile.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "network.h"

namespace greylisting::sql {

extern const std::string_view mysql_schema;
extern const std::string_view mysql_upgrade_from_05;
extern const std::string_view mysql_decide;
extern const std::string_view sqlite_schema;
extern const std::string_view sqlite_judge;
extern const std::string_view sqlite_record;

/// The version that the schema files describe, as greylisting_meta has it.
inline constexpr std::string_view kSchemaVersion = "1";

/// `x'c0000201'`: a binary string. Its digits cannot be anything but digits, whatever the bytes are.
std::string literal(std::string_view bytes);

/// The literals of `first_addresses_around(address)` with commas between them.
std::string network_literals(const IpAddress& address);

/// `sql` with each `:name` replaced by its literal. A `:name` that has none is left as it is, to be bound.
std::string with_literals(std::string_view sql,
                          std::initializer_list<std::pair<std::string_view, std::string>> literals);

}  // namespace greylisting::sql
