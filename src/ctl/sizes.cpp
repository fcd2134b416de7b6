#include "sizes.h"

#include <charconv>

#include "../entry.h"
#include "earned.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kLastCleanup = "'last_cleanup'";

std::uint64_t to_number(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::uint64_t count(Administration& administration, const std::string& what) {
  return to_number(administration.ask("SELECT COUNT(*) FROM " + what, 1).at(0).at(0));
}

constexpr const char* kRecordsOver = "greylisting_data WHERE record_expires <= :now";

}  // namespace

std::uint64_t over(Administration& administration) {
  return count(administration, kRecordsOver) +
         count(administration, "greylisting_clients WHERE expires <= :now");
}

// Each count is one look through an index.
Sizes sizes(Administration& administration, const Settings& settings) {
  Sizes sizes;
  sizes.records = count(administration, "greylisting_data");
  sizes.waiting =
      count(administration, "greylisting_data WHERE pending_network IS NOT NULL AND record_expires > :now");
  sizes.over = count(administration, kRecordsOver);
  sizes.trusted = clients(administration, settings, Standing::trusted).size();
  sizes.trapped = clients(administration, settings, Standing::trapped).size();
  for (const Action action : kActions) sizes.entries[std::string(name(action))] = 0;
  for (const auto& row : administration.ask(
           "SELECT action, COUNT(*) FROM greylisting_entries WHERE expires > :now GROUP BY action", 2))
    sizes.entries[row[0]] = to_number(row[1]);
  sizes.entries["lists"] = count(administration, "greylisting_lists WHERE record_expires > :now");
  const auto last =
      administration.ask("SELECT value FROM greylisting_meta WHERE name = " + std::string(kLastCleanup), 1);
  if (!last.empty()) sizes.last_cleanup = last[0][0];
  return sizes;
}

void note_cleanup(Administration& administration) {
  const bool is_mysql = administration.dialect() == sql::Dialect::mysql;
  administration.ask("INSERT INTO greylisting_meta (name, value) VALUES (" + std::string(kLastCleanup) +
                     ", :now)" +
                     (is_mysql ? " ON DUPLICATE KEY UPDATE value = VALUES(value)"
                               : " ON CONFLICT (name) DO UPDATE SET value = excluded.value"));
}

}  // namespace greylisting::ctl
