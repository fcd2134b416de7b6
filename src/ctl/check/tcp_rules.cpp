#include "ctl/check/tcp_rules.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace greylisting::ctl {
namespace {

// 256 pairs of a table's position and its number of slots; the records are between them and the first table.
constexpr std::size_t kHeader = 2048;

std::uint32_t number_at(std::string_view cdb, std::size_t position) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8U | static_cast<unsigned char>(cdb[position + i]);
  return number;
}

// `D`, or `+NAME=value` and NUL, as often as there are variables.
TcpRule rule_of(std::string_view address, std::string_view data) {
  TcpRule rule{.address = std::string(address)};
  while (!data.empty()) {
    if (data[0] == 'D') rule.denies = true;
    const std::string_view word = data.substr(
        1, data.find('\0') == std::string_view::npos ? std::string_view::npos : data.find('\0') - 1);
    const std::size_t sign = word.find('=');
    if (data[0] == '+' && sign != std::string_view::npos)
      rule.variables.emplace_back(word.substr(0, sign), word.substr(sign + 1));
    if (data[0] == 'D') {
      data.remove_prefix(1);
    } else {
      data.remove_prefix(std::min(word.size() + 2, data.size()));
    }
  }
  return rule;
}

}  // namespace

bool TcpRule::sets(std::string_view name) const {
  return std::ranges::any_of(variables, [name](const auto& pair) { return pair.first == name; });
}

std::optional<std::vector<TcpRule>> parse_tcp_rules(std::string_view cdb) {
  if (cdb.size() < kHeader) return std::nullopt;
  std::size_t end = cdb.size();
  for (std::size_t i = 0; i < kHeader; i += 8) end = std::min<std::size_t>(end, number_at(cdb, i));
  std::vector<TcpRule> rules;
  for (std::size_t at = kHeader; at + 8 <= end;) {
    const std::size_t key = number_at(cdb, at);
    const std::size_t data = number_at(cdb, at + 4);
    at += 8;
    if (key > end - at || data > end - at - key) return std::nullopt;
    rules.push_back(rule_of(cdb.substr(at, key), cdb.substr(at + key, data)));
    at += key + data;
  }
  const auto others = std::ranges::find(rules, "", &TcpRule::address);
  if (others == rules.end()) {
    rules.emplace_back();
  } else {
    std::rotate(others, others + 1, rules.end());
  }
  return rules;
}

}  // namespace greylisting::ctl
