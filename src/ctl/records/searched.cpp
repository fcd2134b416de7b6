#include "ctl/records/searched.h"

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "lists/listed_network.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

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
  Searched searched = read(word, can_be_part);
  if (settings.privacy == Privacy::hash && (searched.by == By::mailbox || searched.by == By::part)) {
    throw UsageError('"' + one_line(word) +
                     "\" cannot be looked for with privacy=hash: only addresses and domains can");
  }
  return searched;
}

std::optional<Network> searched_network(const std::string& word) {
  return ascii::is_digits(word) ? std::nullopt : listed_network(word);
}

std::string mailbox(const Searched& searched, Address (*read)(std::string_view)) {
  const std::string text = read(searched.text + 'x').text();
  return text.substr(0, text.rfind('@') + 1);
}

}  // namespace greylisting::ctl
