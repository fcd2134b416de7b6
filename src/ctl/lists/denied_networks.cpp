#include "ctl/lists/denied_networks.h"

#include "ctl/lists/entry_table.h"
#include "lists/list_file.h"
#include "lists/outside_lists.h"

namespace greylisting::ctl {

DeniedNetworks::DeniedNetworks(Administration& administration, const Settings& settings) {
  for (const StoredEntry& stored : EntryTable(administration, settings).all()) {
    const auto entry = try_to_read(stored);
    if (stored.is_over || !entry || !entry->pattern.network()) continue;
    if (entry->action == Action::deny || entry->action == Action::allow)
      add(*entry->pattern.network(), entry->action == Action::deny, stored.id);
  }
  const std::string now = administration.now();
  for (const bool denies : {true, false}) {
    const std::string file = denies ? kDenyFile : kAllowFile;
    const auto list = read_list(ListFormat::plain, file);
    if (!list) continue;
    for (const ListedPattern& listed : list->entries) {
      if (!listed.pattern.network() || is_over(listed, now)) continue;
      add(*listed.pattern.network(), denies, file + ':' + std::to_string(listed.line));
    }
  }
}

// Of two for the same network the one that denies counts.
void DeniedNetworks::add(const Network& network, bool denies, const std::string& entry) {
  Ruling& ruling = rulings_.try_emplace(network.text(), Ruling{denies, entry}).first->second;
  if (denies && !ruling.denies) ruling = {denies, entry};
  prefixes_.insert(network.prefix());
}

std::optional<std::string> DeniedNetworks::entry_for(const Network& network) const {
  for (const unsigned prefix : prefixes_) {
    if (prefix > network.prefix()) continue;
    const auto found = rulings_.find(Network::of(network.first(), prefix).text());
    if (found == rulings_.end()) continue;
    return found->second.denies ? std::optional(found->second.entry) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace greylisting::ctl
