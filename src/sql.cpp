#include "sql.h"

#include <algorithm>

#include "printable.h"

namespace greylisting::sql {
namespace {

bool is_name(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

}  // namespace

std::string literal(std::string_view bytes) { return "x'" + hexadecimal(bytes) + '\''; }

std::string network_literals(const IpAddress& address) {
  std::string list;
  for (const IpAddress& first : first_addresses_around(address)) {
    if (!list.empty()) list += ',';
    list += literal(first.bytes());
  }
  return list;
}

std::string with_literals(std::string_view sql,
                          std::initializer_list<std::pair<std::string_view, std::string>> literals) {
  std::string text;
  text.reserve(sql.size() + 1024);
  while (!sql.empty()) {
    const auto colon = std::min(sql.find(':'), sql.size());
    text += sql.substr(0, colon);
    sql.remove_prefix(colon);
    if (sql.empty()) break;

    const auto* const end = std::find_if_not(sql.begin() + 1, sql.end(), is_name);
    const std::string_view word = sql.substr(0, static_cast<std::size_t>(end - sql.begin()));
    const auto* const found =
        std::ranges::find(literals, word.substr(1), [](const auto& pair) { return pair.first; });
    text += found == literals.end() ? word : std::string_view(found->second);
    sql.remove_prefix(word.size());
  }
  return text;
}

}  // namespace greylisting::sql
