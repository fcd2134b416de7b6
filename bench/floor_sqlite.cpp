// The floor of a decision on SQLite: open a file with a write-ahead log, one upsert with RETURNING. The log
// is kept as short as the plugin keeps it, and a lock is waited for likewise (src/store/sqlite_database.cpp):
// each start reads all of the log, and it would grow for ever.

#include <sqlite3.h>

#include <cstring>
#include <ctime>

namespace {

// The table; done once, by the bench.
constexpr const char* kSchema =
    "PRAGMA journal_mode = WAL;"
    "CREATE TABLE IF NOT EXISTS floor (key TEXT PRIMARY KEY, count INTEGER NOT NULL, seen TEXT NOT NULL)";
constexpr const char* kUpsert =
    "INSERT INTO floor VALUES ('a key', 1, datetime('now')) "
    "ON CONFLICT (key) DO UPDATE SET count = count + 1, seen = datetime('now') RETURNING count";

int wait_a_moment(void* /*unused*/, int times) {
  constexpr int kMost = 10000;
  constexpr timespec kMoment{.tv_sec = 0, .tv_nsec = 1'000'000};
  nanosleep(&kMoment, nullptr);
  return times < kMost ? 1 : 0;
}

int fold_in_long_log(void* /*unused*/, sqlite3* database, const char* name, int pages) {
  if (pages < 200) return SQLITE_OK;
  sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  sqlite3_busy_handler(database, nullptr, nullptr);
  sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return SQLITE_OK;
}

}  // namespace

int main(int count, char** arguments) {
  sqlite3* database = nullptr;
  if (count < 2 || sqlite3_open("floor.db", &database) != SQLITE_OK) return 1;
  if (std::strcmp(arguments[1], "create") == 0)
    return sqlite3_exec(database, kSchema, nullptr, nullptr, nullptr) == SQLITE_OK ? 0 : 1;
  sqlite3_busy_handler(database, wait_a_moment, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_hook(database, fold_in_long_log, nullptr);
  sqlite3_exec(database, "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
  sqlite3_stmt* upsert = nullptr;
  if (sqlite3_prepare_v2(database, kUpsert, -1, &upsert, nullptr) != SQLITE_OK) return 1;
  int result = sqlite3_step(upsert);
  while (result == SQLITE_ROW) result = sqlite3_step(upsert);
  sqlite3_finalize(upsert);
  sqlite3_close(database);
  return result == SQLITE_DONE ? 0 : 1;
}
