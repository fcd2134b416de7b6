#include "stores.h"

#include "mysql_store.h"
#include "sqlite_store.h"

namespace greylisting {

std::unique_ptr<Store> open_store(const Settings& settings, std::chrono::milliseconds patience) {
  if (settings.store_kind() == StoreKind::mysql)
    return std::make_unique<MysqlStore>(settings.mysql_default_file);
  // A little less, so that a locked file is said to be that and not just slow.
  return std::make_unique<SqliteStore>(settings.sqlite_file, patience * 9 / 10);
}

}  // namespace greylisting
