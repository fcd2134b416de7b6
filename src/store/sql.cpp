#include "store/sql.h"

#include <algorithm>

#include "text/printable.h"

namespace greylisting::sql {
namespace {

bool is_name(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

}  // namespace

std::string literal(std::string_view bytes) { return "x'" + hexadecimal(bytes) + '\''; }

std::string network_literals(const IpAddress& address) {
  return list_of(first_addresses_around(address),
                 [](const IpAddress& first) { return literal(first.bytes()); });
}

std::string text_literal(std::string_view text, Dialect dialect) {
  return dialect == Dialect::mysql ? "_latin1 " + literal(text) : "CAST(" + literal(text) + " AS TEXT)";
}

std::uint64_t record_id(const Fingerprint& key) {
  std::uint64_t first_bytes = 0;
  for (std::size_t i = 0; i < sizeof first_bytes; ++i)
    first_bytes = first_bytes << 8U | static_cast<unsigned char>(key[i]);
  return first_bytes >> 12U;
}

std::string now(Dialect dialect) { return dialect == Dialect::mysql ? "UTC_TIMESTAMP()" : "datetime('now')"; }

std::string from_now(std::chrono::seconds by, Dialect dialect) {
  const std::string count = std::to_string(by.count());
  return dialect == Dialect::mysql ? "(UTC_TIMESTAMP() + INTERVAL " + count + " SECOND)"
                                   : "datetime('now', '" + count + " seconds')";
}

std::string on_conflict(std::string_view key, Dialect dialect) {
  if (dialect == Dialect::mysql) return "ON DUPLICATE KEY UPDATE";
  return std::string("ON CONFLICT (").append(key).append(") DO UPDATE SET");
}

std::string inserted(std::string_view column, Dialect dialect) {
  return dialect == Dialect::mysql ? std::string("VALUES(").append(column).append(")")
                                   : std::string("excluded.").append(column);
}

std::string with_literals(std::string_view sql, const Literals& own, const Literals& shared) {
  const auto find = [](const Literals& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, [](const auto& pair) { return pair.first; });
    return found == all.end() ? nullptr : &found->second;
  };
  std::string text;
  text.reserve(sql.size() + 1024);
  while (!sql.empty()) {
    const auto colon = std::min(sql.find(':'), sql.size());
    text += sql.substr(0, colon);
    sql.remove_prefix(colon);
    if (sql.empty()) break;

    const auto* const end = std::find_if_not(sql.begin() + 1, sql.end(), is_name);
    const std::string_view word = sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
    const std::string* found = find(own, word.substr(1));
    if (found == nullptr) found = find(shared, word.substr(1));
    text += found == nullptr ? word : std::string_view(*found);
    sql.remove_prefix(word.size());
  }
  return text;
}

}  // namespace greylisting::sql
