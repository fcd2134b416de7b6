#include "ctl/imports/imported_entries.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ctl/batches.h"
#include "ctl/lists/entry_command.h"
#include "ctl/lists/entry_table.h"
#include "ctl/lists/hindsight.h"
#include "ctl/long_change.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/take_back.h"
#include "ctl/print/terminal.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kMaxDoubts = 10;  // that are shown

// What is to be done to take an import back.
struct Undo {
  std::vector<std::string> added{};     // ids
  std::vector<std::string> restores{};  // commands that make changed entries what they were; some of them
  std::size_t changed = 0;              // how many would be needed
};

// So many changed entries are shown as commands; more would be a screenful.
constexpr std::size_t kMaxRestores = 10;

std::string kind_and_pattern(std::string_view kind, std::string_view pattern) {
  return std::string(kind).append(" ").append(pattern);
}

std::string kind_and_pattern(const Entry& entry) {
  return kind_and_pattern(name(entry.pattern.kind()), entry.pattern.text());
}

// The file's entries by what they do, each once: of those with one pattern the last.
std::map<Action, std::vector<Entry>> entries_of(const ListContent& content, const std::string& now,
                                                ImportedEntries::Counts& counts) {
  std::map<Action, std::vector<Entry>> entries;
  std::unordered_map<std::string, std::size_t> places;
  for (const Entry& entry : content.entries) {
    if (entry.expires <= now) {
      ++counts.over;
      continue;
    }
    std::vector<Entry>& like_it = entries[entry.action];
    const auto [place, is_new] = places.try_emplace(
        std::string(name(entry.action)).append(" ").append(kind_and_pattern(entry)), like_it.size());
    if (is_new) {
      like_it.push_back(entry);
    } else {
      like_it[place->second] = entry;
    }
  }
  return entries;
}

// What the store has of entries that do the same, by kind and pattern.
std::unordered_map<std::string, StoredEntry> stored_of(EntryTable& table, const std::vector<Entry>& entries) {
  std::vector<Pattern> patterns;
  patterns.reserve(entries.size());
  for (const Entry& entry : entries) patterns.push_back(entry.pattern);
  std::unordered_map<std::string, StoredEntry> stored;
  for (StoredEntry& each : table.find(entries.front().action, patterns))
    stored.try_emplace(kind_and_pattern(each.kind, each.pattern), std::move(each));
  return stored;
}

// The entries that do not count yet.
std::vector<Entry> new_of(EntryTable& table, const std::map<Action, std::vector<Entry>>& entries) {
  std::vector<Entry> found;
  for (const auto& [action, of_action] : entries) {
    in_batches(of_action, [&](const std::vector<Entry>& batch) {
      const auto stored = stored_of(table, batch);
      std::ranges::copy_if(batch, std::back_inserter(found), [&stored](const Entry& entry) {
        const auto old = stored.find(kind_and_pattern(entry));
        return old == stored.end() || old->second.is_over;
      });
    });
  }
  return found;
}

void put_batch(EntryTable& table, const std::vector<Entry>& entries, bool dry_run,
               ImportedEntries::Counts& counts, Undo& undo) {
  const auto stored = stored_of(table, entries);
  std::vector<Entry> to_put;
  std::vector<Entry> added;
  for (const Entry& entry : entries) {
    const auto old = stored.find(kind_and_pattern(entry));
    if (old == stored.end()) {
      ++counts.added;
      added.push_back(entry);
    } else if (try_to_read(old->second) == entry && outdated_columns(old->second, entry.pattern).empty()) {
      ++counts.same;
      continue;
    } else {
      ++counts.changed;
      if (old->second.is_over) {
        added.push_back(entry);
      } else if (++undo.changed <= kMaxRestores) {
        undo.restores.push_back(command_that_restores(old->second, entry));
      }
    }
    to_put.push_back(entry);
  }
  if (dry_run) return;
  table.put(to_put);
  if (added.empty()) return;
  for (const auto& [key, entry] : stored_of(table, added)) undo.added.push_back(entry.id);
}

std::size_t size_of(const std::map<Action, std::vector<Entry>>& entries) {
  std::size_t size = 0;
  for (const auto& [action, of_action] : entries) size += of_action.size();
  return size;
}

// Batch by batch: one transaction for all would have decisions wait.
void put_all(EntryTable& table, const std::map<Action, std::vector<Entry>>& entries, bool dry_run,
             LongChange& change, ImportedEntries::Counts& counts, Undo& undo) {
  change.is_of(size_of(entries));
  for (const auto& [action, of_action] : entries) {
    change.carry_out(
        of_action, [&](const std::vector<Entry>& batch) { put_batch(table, batch, dry_run, counts, undo); });
  }
}

std::vector<std::string> commands_of(const Undo& undo, EntryTable& table, std::vector<std::string>& notes) {
  auto commands = commands_that_remove(undo.added, table);
  for (const std::string& command : undo.restores) {
    if (!command.empty()) commands.push_back(command);
  }
  if (undo.changed > undo.restores.size()) {
    notes.push_back(
        counted(undo.changed - undo.restores.size(), "more changed entry", "more changed entries") +
        " cannot be restored; greylistctl export json FILE before an import keeps all entries");
  }
  return commands;
}

}  // namespace

std::optional<ImportedEntries> import_entries(const LoadedSettings& loaded, const ImportOptions& options,
                                              const ListContent& content, Administration& administration) {
  EntryTable table(administration, loaded.settings);
  ImportedEntries imported;
  ImportedEntries::Counts& counts = imported.counts;
  const auto by_action = entries_of(content, administration.now(), counts);
  imported.size = size_of(by_action);
  imported.warnings = warnings_about(new_of(table, by_action), administration, loaded.settings);
  if (options.json) {
    require_meant(imported.warnings, options.is_sure, options.dry_run);
  } else if (!are_meant(imported.warnings, options.is_sure, options.dry_run,
                        options.file != "-" && can_ask())) {
    return std::nullopt;
  }
  Undo undo;
  {
    LongChange change({.subject = name_of(options) + ": ", .one = "entry", .many = "entries"},
                      options.dry_run);
    put_all(table, by_action, options.dry_run, change, counts, undo);
    if (change.is_stopped()) {
      if (!options.dry_run && !options.json) print_take_back(commands_of(undo, table, imported.notes));
      return std::nullopt;
    }
  }
  std::size_t by_name = 0;
  for (const auto& [action, entries] : by_action) {
    by_name += static_cast<std::size_t>(std::ranges::count_if(entries, [&loaded](const Entry& entry) {
      return allows_by_unbelieved_name(entry, loaded.settings);
    }));
  }
  for (std::size_t i = 0; i < std::min(content.doubts.size(), kMaxDoubts); ++i)
    imported.notes.push_back(content.doubts[i]);
  if (content.doubts.size() > kMaxDoubts) {
    imported.notes.push_back("and so with " +
                             counted(content.doubts.size() - kMaxDoubts, "more reply", "more replies"));
  }
  if (content.cut > 0)
    imported.notes.push_back(counted(content.cut, "comment") + " longer than there is room for, and cut");
  if (by_name > 0) {
    imported.notes.push_back(std::to_string(by_name)
                                 .append(by_name == 1 ? " of them allows" : " of them allow")
                                 .append(" clients by name, ")
                                 .append(kNoEffectByName)
                                 .append("; set trust_remote_host=paranoid and run tcpserver with -p"));
  }
  if (!options.dry_run) imported.undo = commands_of(undo, table, imported.notes);
  return imported;
}

}  // namespace greylisting::ctl
