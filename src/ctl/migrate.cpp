#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/batches.h"
#include "ctl/commands.h"
#include "ctl/lists/entry_table.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/take_back.h"
#include "ctl/records/new_keys.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kSameSchema = "The schema is that of this version already; ";
constexpr const char* kNewKey = " a key that stays the same for all messages of a sender.";

// A network whose end is lost would be as wide as any that begins with it. Entries that cannot be read stay.
std::uint64_t give_ends_of_networks(Administration& administration, const Settings& settings) {
  EntryTable table(administration, settings);
  std::uint64_t count = 0;
  std::string last = "0";
  for (std::size_t size = kBatch; size == kBatch;) {
    const auto stored = table.entries(" WHERE kind = 'network' AND network_end IS NULL AND id > " + last +
                                      " ORDER BY id LIMIT " + std::to_string(kBatch));
    size = stored.size();
    std::vector<Entry> entries;
    for (const StoredEntry& its : stored) {
      last = its.id.substr(its.id.find('/') + 1);
      if (auto entry = try_to_read(its)) entries.push_back(std::move(*entry));
    }
    table.put(entries);
    count += entries.size();
  }
  return count;
}

int say_what_is_ahead(const Settings& settings) {
  auto steps = migration_ahead(settings);
  // Only tables of this version are asked for their records.
  if (steps.empty()) {
    const auto administration = open_administration(settings);
    if (const auto count = new_keys_ahead(*administration, settings); count > 0)
      steps.push_back("Would give " + counted(count, "record") + kNewKey);
  }
  for (const std::string& step : steps) std::cout << step << '\n';
  if (steps.empty()) std::cout << kSameSchema << "nothing would be done.\n";
  return kDone;
}

}  // namespace

int migrate(const LoadedSettings& loaded, const MigrateOptions& options) {
  if (options.dry_run) return say_what_is_ahead(loaded.settings);
  const auto administration = open_administration(loaded.settings);
  auto done = administration->migrate();
  if (const auto count = give_ends_of_networks(*administration, loaded.settings); count > 0)
    done.push_back("Gave " + counted(count, "entry", "entries") + " the end of its network.");
  if (const auto count = give_new_keys(*administration, loaded.settings); count > 0)
    done.push_back("Gave " + counted(count, "record") + kNewKey);
  for (const std::string& step : done) std::cout << step << '\n';
  if (done.empty()) std::cout << kSameSchema << "nothing was done.\n";
  // What was not there before is no loss.
  if (!std::ranges::all_of(done, [](const std::string& step) { return step.starts_with("Created"); }))
    std::cout << "note: " << kCannotBeTakenBack << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
