#include "host/spf_cache.h"

#include <chrono>

#include "process/state_directory.h"

namespace greylisting {
namespace {

// Another process is waited for no longer than DNS would take.
constexpr std::chrono::milliseconds kCachePatience{20};

}  // namespace

SpfCache::SpfCache(const std::string& directory) {
  if (!is_private(directory)) return;
  try {
    file_.emplace(directory + "/spf.db", kCachePatience, SqliteDatabase::Mode::caller);
    // What a crash loses is asked for again.
    file_->run(
        "PRAGMA synchronous = OFF;"
        "CREATE TABLE IF NOT EXISTS results"
        " (question BLOB PRIMARY KEY, result TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX IF NOT EXISTS over ON results (until)");
  } catch (const StoreError&) {
    file_.reset();
  }
}

std::optional<std::string> SpfCache::find(const Fingerprint& key, std::time_t now) const {
  if (!file_) return std::nullopt;
  try {
    auto found = file_->prepare("SELECT result FROM results WHERE question = :question AND until > :now");
    if (found.bind_blob(":question", bytes(key)).bind(":now", now).step()) return found.text(0);
    return std::nullopt;
  } catch (const StoreError&) {
    return std::nullopt;
  }
}

void SpfCache::keep(const Fingerprint& key, const std::string& result, std::time_t now, std::time_t until) {
  if (!file_) return;
  try {
    file_->prepare("DELETE FROM results WHERE until <= :now").bind(":now", now).step();
    file_->prepare("INSERT OR REPLACE INTO results VALUES (:question, :result, :until)")
        .bind_blob(":question", bytes(key))
        .bind_text(":result", result)
        .bind(":until", until)
        .step();
  } catch (const StoreError&) {
    file_.reset();
  }
}

}  // namespace greylisting
