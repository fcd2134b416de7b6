#include <algorithm>
#include <iostream>
#include <string>

#include "ctl/commands.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/take_back.h"
#include "ctl/records/new_keys.h"
#include "store/administration.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kSameSchema = "The schema is that of this version already; ";
constexpr const char* kNewKey = " a key that stays the same for all messages of a sender.";

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
