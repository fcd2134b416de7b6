#include "ctl/records/searched.h"

#include <algorithm>
#include <string_view>

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "lists/listed_network.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

// Written as a network is, but for a number that is too great, a zero too many or the like.
bool looks_like_network(std::string_view text) {
  const bool can_be_ipv6 = text.find(':') != std::string_view::npos;
  const bool is_of_figures = std::ranges::all_of(text, [can_be_ipv6](char c) {
    return ascii::is_digit(c) || std::string_view(".:/-*[]").find(c) != std::string_view::npos ||
           (can_be_ipv6 && ascii::is_hexadecimal(ascii::lower({&c, 1})));
  });
  return is_of_figures && text.find_first_of(".:/") != std::string_view::npos;
}

Searched read(const std::string& word, bool can_be_part) {
  using By = Searched::By;
  const std::string text = address_meant_by(word);
  const auto at = text.rfind('@');
  if (text.empty()) return {.by = By::address};
  if (at == 0) return {.by = By::domain, .text = text};
  if (at != std::string::npos) return {.by = at + 1 < text.size() ? By::address : By::mailbox, .text = text};
  const bool is_path = word.starts_with('<') && word.ends_with('>');
  if (can_be_part && !is_path && text.find('.') == std::string::npos)
    return {.by = By::part, .text = ascii::lower(text)};
  return {.by = By::domain, .text = '@' + text};
}

}  // namespace

Searched Searched::of(const std::string& word, const Settings& settings, bool can_be_part) {
  if (can_be_part && looks_like_network(word)) refuse_network("", word);
  Searched searched = read(word, can_be_part);
  if (settings.privacy == Privacy::hash && (searched.by == By::mailbox || searched.by == By::part)) {
    throw UsageError('"' + one_line(word) +
                     "\" cannot be looked for with privacy=hash: only addresses and domains can");
  }
  return searched;
}

void refuse_network(const std::string& option, const std::string& word) {
  throw UsageError(option + '"' + one_line(word) +
                   "\" is not an address or network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32");
}

std::optional<Network> searched_network(const std::string& word) {
  return ascii::is_digits(word) ? std::nullopt : listed_network(word);
}

std::string mailbox(const Searched& searched, Address (*read)(std::string_view)) {
  const std::string text = read(searched.text + 'x').text();
  return text.substr(0, text.rfind('@') + 1);
}

}  // namespace greylisting::ctl
