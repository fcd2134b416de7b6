#include "stores.h"

#include "mysql_store.h"
#include "outage.h"
#include "sqlite_store.h"

namespace greylisting {
namespace {

std::unique_ptr<Store> connect(const Settings& settings, Deadline& deadline) {
  Outage outage{std::string(kStateDirectory)};
  if (const auto ago = outage.failed_before()) {
    throw StoreError("MySQL: the database could not be reached " + std::to_string(ago->count()) +
                         " s ago; it is tried again every " + std::to_string(Outage::kPause.count()) + " s",
                     "an earlier line of the log says what was wrong; greylistctl check tries at once");
  }
  outage.remember_when_over(deadline);
  try {
    auto store = std::make_unique<MysqlStore>(settings.mysql_default_file);
    deadline.touch_when_over("");
    outage.forget();
    return store;
  } catch (const ConnectionError&) {
    outage.remember();
    throw;
  }
}

}  // namespace

std::unique_ptr<Store> open_store(const Settings& settings, Deadline& deadline) {
  if (settings.store_kind() == StoreKind::mysql) return connect(settings, deadline);
  // A little less than is left, so that a locked file is said to be that and not just slow.
  return std::make_unique<SqliteStore>(settings.sqlite_file, deadline.remaining() * 9 / 10);
}

}  // namespace greylisting
