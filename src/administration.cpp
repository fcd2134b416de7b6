#include "administration.h"

#include "mysql_administration.h"
#include "number.h"
#include "process.h"
#include "sqlite_administration.h"

namespace greylisting {

Finding unusable_entry(const std::string& id, const std::string& ipaddr) {
  return {Finding::State::warning,
          "list entry " + id + ": ipaddr '" + ipaddr + "' is not an address or network and never matches",
          "correct it: UPDATE greylisting_lists SET ipaddr = '…' WHERE id = " + id};
}

Finding overdue_cleanup() {
  return {Finding::State::warning, "clean-up: there are records whose life was over a week ago",
          "have cron run scripts/greylisting_cleanup.sh: config/crontab"};
}

std::unique_ptr<Administration> open_administration(const Settings& settings) {
  if (settings.store_kind() == StoreKind::mysql) return std::make_unique<MysqlAdministration>(settings);
  become_owner_of(settings.sqlite_file);
  return std::make_unique<SqliteAdministration>(settings);
}

std::uint64_t Administration::count(const std::string& what) {
  return number_of<std::uint64_t>(ask("SELECT COUNT(*) FROM " + what, 1).at(0).at(0)).value_or(0);
}

}  // namespace greylisting
