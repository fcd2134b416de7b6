#include "ctl/records/sizes.h"

#include "ctl/records/earned.h"
#include "ctl/records/meta.h"
#include "lists/entry.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kLastCleanup = "last_cleanup";

std::uint64_t to_number(const std::string& text) { return number_of<std::uint64_t>(text).value_or(0); }

constexpr const char* kRecordsOver = "greylisting_data WHERE record_expires <= :now";

}  // namespace

std::uint64_t over(Administration& administration) {
  return administration.count(kRecordsOver) +
         administration.count("greylisting_clients WHERE expires <= :now") +
         administration.count("greylisting_expected WHERE expires <= :now");
}

// Each count is one look through an index.
Sizes sizes(Administration& administration, const Settings& settings) {
  Sizes sizes;
  sizes.records = administration.count("greylisting_data");
  sizes.waiting =
      administration.count("greylisting_data WHERE pending_network IS NOT NULL AND record_expires > :now");
  sizes.over = administration.count(kRecordsOver);
  sizes.trusted = number_of_clients(administration, settings, Standing::trusted);
  sizes.trapped = number_of_clients(administration, settings, Standing::trapped);
  for (const Action action : kActions) sizes.entries[std::string(name(action))] = 0;
  for (const auto& row : administration.ask(
           "SELECT action, COUNT(*) FROM greylisting_entries WHERE expires > :now GROUP BY action", 2))
    sizes.entries[row[0]] = to_number(row[1]);
  sizes.entries["lists"] = administration.count("greylisting_lists WHERE record_expires > :now");
  sizes.last_cleanup = meta(administration, kLastCleanup);
  return sizes;
}

void note_cleanup(Administration& administration) {
  set_meta(administration, kLastCleanup, administration.now());
}

}  // namespace greylisting::ctl
