#include "ctl/administration/administration.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "ctl/administration/mysql_administration.h"
#include "ctl/administration/sqlite_administration.h"
#include "process/process.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting {
namespace {

// Whether the file, or its directory, is another user's, and this one may not write there.
bool is_closed_to_us(const std::string& file) {
  const std::string directory = std::filesystem::absolute(file).parent_path();
  struct stat status = {};
  if (stat(directory.c_str(), &status) != 0) return errno == EACCES;
  if (status.st_uid != geteuid() && eaccess(directory.c_str(), W_OK | X_OK) != 0) return true;
  return stat(file.c_str(), &status) == 0 && status.st_uid != geteuid() &&
         eaccess(file.c_str(), R_OK | W_OK) != 0;
}

}  // namespace

// Longer than any address with a prefix.
constexpr std::size_t kMaxShown = 60;

Finding unusable_entry(const std::string& id, const std::string& ipaddr) {
  return {Finding::State::warning,
          "list entry " + id + ": ipaddr '" + one_line(ipaddr.substr(0, kMaxShown)) +
              "' is not an address or network and never matches",
          "correct it: UPDATE greylisting_lists SET ipaddr = '…' WHERE id = " + id};
}

Finding overdue_cleanup() {
  return {Finding::State::warning, "clean-up: there are records that expired more than a week ago",
          "have cron run greylistctl cleanup once an hour: greylistctl(8)"};
}

std::vector<Finding> findings_of(
    const std::vector<TableFault>& faults, const std::string& how_to_mend,
    const std::function<std::string(const std::string& table)>& how_to_begin_anew) {
  std::vector<Finding> findings;
  for (const TableFault& fault : faults) {
    const bool is_lost = std::ranges::any_of(faults, [&fault](const TableFault& other) {
      return other.table == fault.table && !other.can_be_mended;
    });
    findings.push_back({Finding::State::bad, "table " + fault.table + " has " + fault.text,
                        is_lost ? how_to_begin_anew(fault.table) : how_to_mend});
  }
  return findings;
}

std::unique_ptr<Administration> open_administration(const Settings& settings, Patience patience) {
  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  const bool is_root = geteuid() == 0;
  try {
    if (is_mysql) return std::make_unique<MysqlAdministration>(settings, patience);
    become_owner_of(settings.sqlite_file);
    return std::make_unique<SqliteAdministration>(settings);
  } catch (const StoreError& error) {
    // Whoever gave the file to the person who runs this would take it from the plugin.
    const bool is_closed = is_mysql
                               ? eaccess(settings.admin_option_file().c_str(), R_OK) != 0 && errno == EACCES
                               : is_closed_to_us(settings.sqlite_file);
    if (is_root || !is_closed) throw;
    throw StoreError(error.problem(), "run greylistctl as root");
  }
}

std::vector<std::string> migration_ahead(const Settings& settings) {
  if (settings.store_kind() == StoreKind::mysql) return MysqlAdministration(settings).migration_ahead();
  become_owner_of(settings.sqlite_file);
  return SqliteAdministration::migration_ahead(settings.sqlite_file);
}

std::uint64_t Administration::count(const std::string& what) {
  return number_of<std::uint64_t>(ask("SELECT COUNT(*) FROM " + what, 1).at(0).at(0)).value_or(0);
}

}  // namespace greylisting
