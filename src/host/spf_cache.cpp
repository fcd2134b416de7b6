#include "host/spf_cache.h"

#include <string_view>

#include "process/state_directory.h"

namespace greylisting {
namespace {

// Another process is waited for no longer than DNS would take.
constexpr int kPatienceMs = 20;

using Statement = std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>;

Statement prepare(sqlite3* file, std::string_view text) {
  sqlite3_stmt* prepared = nullptr;
  sqlite3_prepare_v2(file, text.data(), static_cast<int>(text.size()), &prepared, nullptr);
  return {prepared, sqlite3_finalize};
}

void bind(const Statement& statement, int place, const Fingerprint& key) {
  sqlite3_bind_blob(statement.get(), place, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
}

}  // namespace

SpfCache::SpfCache(const std::string& directory) {
  if (!is_private(directory)) return;
  sqlite3* file = nullptr;
  const int opened = sqlite3_open_v2((directory + "/spf.db").c_str(), &file,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  file_.reset(file);
  if (opened != SQLITE_OK) {
    file_.reset();
    return;
  }
  sqlite3_busy_timeout(file, kPatienceMs);
  // What a crash loses is asked for again.
  sqlite3_exec(file,
               "PRAGMA synchronous = OFF;"
               "CREATE TABLE IF NOT EXISTS results"
               " (question BLOB PRIMARY KEY, result TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;"
               "CREATE INDEX IF NOT EXISTS over ON results (until)",
               nullptr, nullptr, nullptr);
}

std::optional<std::string> SpfCache::find(const Fingerprint& key, std::time_t now) const {
  if (!file_) return std::nullopt;
  const Statement statement =
      prepare(file_.get(), "SELECT result FROM results WHERE question = ?1 AND until > ?2");
  bind(statement, 1, key);
  sqlite3_bind_int64(statement.get(), 2, now);
  if (sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
  return reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
}

void SpfCache::keep(const Fingerprint& key, const std::string& result, std::time_t now,
                    std::time_t until) const {
  if (!file_) return;
  const Statement over = prepare(file_.get(), "DELETE FROM results WHERE until <= ?1");
  sqlite3_bind_int64(over.get(), 1, now);
  sqlite3_step(over.get());
  const Statement statement = prepare(file_.get(), "INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3)");
  bind(statement, 1, key);
  sqlite3_bind_text(statement.get(), 2, result.data(), static_cast<int>(result.size()), SQLITE_TRANSIENT);
  sqlite3_bind_int64(statement.get(), 3, until);
  sqlite3_step(statement.get());
}

}  // namespace greylisting
