#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ctl/caller.h"
#include "ctl/commands.h"
#include "ctl/lists/entry_json.h"
#include "ctl/lists/list_line.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/output_file.h"

namespace greylisting::ctl {
namespace {

// Of several that say the same of the same, which a row of greylisting_lists can, the one that lasts longest.
std::vector<StoredEntry> without_doubles(std::vector<StoredEntry> entries) {
  std::unordered_map<std::string, std::size_t> places;
  std::vector<StoredEntry> once;
  for (StoredEntry& stored : entries) {
    const auto entry = try_to_read(stored);
    if (!entry) {
      once.push_back(std::move(stored));
      continue;
    }
    const std::string key =
        stored.action + ' ' + std::string(name(entry->pattern.kind())) + ' ' + entry->pattern.text();
    const auto [place, is_new] = places.try_emplace(key, once.size());
    if (is_new) {
      once.push_back(std::move(stored));
    } else if (once[place->second].expires < stored.expires) {
      once[place->second] = std::move(stored);
    }
  }
  return once;
}

struct Exported {
  std::string text;
  std::size_t size = 0;  // in entries
  std::vector<std::string> problems;
  std::map<PatternKind, std::size_t> others{};  // how many there are of kinds that the format is not for
};

// Why there is nothing to be said of an entry in any form; empty when there is.
std::string why_not_understood(const StoredEntry& stored) {
  try {
    static_cast<void>(read(stored));
    return "";
  } catch (const std::runtime_error& error) {
    return std::string("it is not understood: ") + error.what();
  }
}

// What the lists of other programs are of: what they have no way to say of any other kind is not missed.
bool is_for(ListFormat format, PatternKind kind) {
  switch (format) {
    case ListFormat::plain:
      break;
    case ListFormat::postgrey_clients:
      return kind == PatternKind::network || kind == PatternKind::host;
    case ListFormat::postgrey_recipients:
      return kind == PatternKind::recipient;
    case ListFormat::sqlgrey_ip:
      return kind == PatternKind::network;
    case ListFormat::sqlgrey_fqdn:
      return kind == PatternKind::host;
  }
  return true;
}

std::string why_not_in(ListFormat format, const Entry& entry, Exported& exported) {
  ListLine line = list_line(format, entry);
  if (!line.why_not.empty()) return std::string(name(format)) + " has no way to say " + line.why_not;
  exported.text += line.text;
  return "";
}

Exported exported(const std::vector<StoredEntry>& entries, const ExportOptions& options) {
  Exported exported;
  Json array = Json::array();
  for (const StoredEntry& stored : entries) {
    std::string why = why_not_understood(stored);
    if (why.empty() && options.format) {
      const Entry entry = read(stored);
      if (!is_for(*options.format, entry.pattern.kind())) {
        ++exported.others[entry.pattern.kind()];
        continue;
      }
      why = why_not_in(*options.format, entry, exported);
    } else if (why.empty()) {
      array.push_back(json_of(stored));
    }
    if (why.empty()) {
      ++exported.size;
    } else {
      exported.problems.push_back(stored.id + " (" + stored.action + ' ' + subject_of(stored) + ' ' +
                                  one_line(stored.pattern) + ") is left out: " + why);
    }
  }
  if (!options.format) exported.text = array.text() + '\n';
  return exported;
}

// `sqlgrey-ip is for networks alone; left out: 1 name, 2 senders`
std::string other_kinds(ListFormat format, const std::map<PatternKind, std::size_t>& others) {
  const auto word_for = [](PatternKind kind) {
    return std::string(kind == PatternKind::network ? "network"
                       : kind == PatternKind::host  ? "name"
                                                    : word(kind));
  };
  std::string kinds;
  for (const PatternKind kind :
       {PatternKind::network, PatternKind::host, PatternKind::sender, PatternKind::recipient}) {
    if (is_for(format, kind)) kinds.append(kinds.empty() ? "" : " and ").append(word_for(kind) + 's');
  }
  std::string counts;
  for (const auto& [kind, count] : others)
    counts.append(counts.empty() ? "" : ", ").append(counted(count, word_for(kind)));
  return std::string(name(format)) + " is for " + kinds + " alone; left out: " + counts;
}

// The actions of which a list has nothing, because it has no word for what its lines do: `2 deny, 1 trap`.
std::string others(const std::vector<StoredEntry>& entries) {
  std::map<std::string, std::size_t> counts;
  for (const StoredEntry& entry : entries) ++counts[one_line(entry.action)];
  std::string text;
  for (const auto& [action, count] : counts)
    text.append(text.empty() ? "" : ", ").append(std::to_string(count)).append(" ").append(action);
  return text;
}

void write(const ExportOptions& options, const Exported& exported, const std::string& others) {
  if (options.file.empty()) {
    std::cout << exported.text;
    return;
  }
  write_whole_file(options.file, exported.text);
  std::cout << "exported " << counted(exported.size, "entry", "entries") << " to " << options.file;
  if (!options.action && !others.empty()) std::cout << "; not among them, see --action: " << others;
  std::cout << '\n';
}

}  // namespace

int export_entries(const LoadedSettings& loaded, const ExportOptions& options) {
  const Caller caller;
  std::vector<StoredEntry> entries;
  {
    const auto administration = open_administration(loaded.settings);
    entries = without_doubles(EntryTable(*administration, loaded.settings).all());
  }
  caller.come_back();
  std::erase_if(entries, [](const StoredEntry& entry) { return entry.is_over; });
  std::optional<Action> action = options.action;
  if (options.format && !action) action = Action::allow;
  const auto first_other = std::stable_partition(
      entries.begin(), entries.end(),
      [&action](const StoredEntry& entry) { return !action || entry.action == name(*action); });
  const std::string left_out = others({first_other, entries.end()});
  entries.erase(first_other, entries.end());
  const Exported result = exported(entries, options);
  write(options, result, left_out);
  if (!result.others.empty())
    std::cerr << "greylistctl: " << other_kinds(*options.format, result.others) << '\n';
  for (const std::string& problem : result.problems) std::cerr << "greylistctl: " << problem << '\n';
  return result.problems.empty() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
