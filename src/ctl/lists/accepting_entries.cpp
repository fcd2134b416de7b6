#include "ctl/lists/accepting_entries.h"

#include <algorithm>

#include "lists/outside_lists.h"

namespace greylisting::ctl {
namespace {

std::optional<Entry> entry_in_file(ListFormat format, const std::string& file, const std::string& place) {
  const auto list = read_list(format, file);
  if (!list) return std::nullopt;
  const auto line = std::ranges::find_if(list->entries, [&](const ListedPattern& each) {
    return file + ':' + std::to_string(each.line) == place;
  });
  if (line == list->entries.end()) return std::nullopt;
  return Entry{.action = Action::allow, .pattern = line->pattern};
}

}  // namespace

bool AcceptingEntries::wins(const std::string& place, const Entry& entry) {
  if (place.empty()) return false;
  const auto [found, is_new] = entries_.try_emplace(place);
  if (is_new) found->second = at(place);
  return found->second && precedence(*found->second, entry) != Precedence::is_the_other;
}

std::optional<Entry> AcceptingEntries::at(const std::string& place) {
  const auto stored = table_.with_id(place);
  if (!stored.empty()) return stored.front().is_over ? std::nullopt : try_to_read(stored.front());
  if (place.starts_with(std::string(kAllowFile) + ':'))
    return entry_in_file(ListFormat::plain, kAllowFile, place);
  for (const NamedList& list : named_lists(settings_.allow_lists)) {
    const auto format = list_format(list.format);
    if (format && place.starts_with(list.file + ':')) return entry_in_file(*format, list.file, place);
  }
  return std::nullopt;
}

}  // namespace greylisting::ctl
