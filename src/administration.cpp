#include "administration.h"

#include "mysql_administration.h"
#include "sqlite_administration.h"

namespace greylisting {

std::unique_ptr<Administration> open_administration(const Settings& settings) {
  if (settings.store_kind() == StoreKind::mysql) return std::make_unique<MysqlAdministration>(settings);
  return std::make_unique<SqliteAdministration>(settings);
}

}  // namespace greylisting
