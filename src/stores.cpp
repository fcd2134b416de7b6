#include "stores.h"

#include "mysql_store.h"
#include "sqlite_store.h"

namespace greylisting {

std::unique_ptr<Store> open_store(const Settings& settings, std::chrono::milliseconds patience) {
  if (settings.store_kind() == StoreKind::mysql)
    return std::make_unique<MysqlStore>(settings.mysql_default_file);
  return std::make_unique<SqliteStore>(settings.sqlite_file, patience);
}

}  // namespace greylisting
