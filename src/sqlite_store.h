// sqlite_store: triplets in an SQLite file, the plugin's side. What decides is sql/sqlite/judge.sql and
// sql/sqlite/record.sql.
#pragma once

#include "sqlite_database.h"
#include "store.h"

namespace greylisting {

class SqliteStore : public Store {
 public:
  /// Opens the file, creating it and its schema when it is not there. Throws StoreError.
  SqliteStore(std::string file, std::chrono::milliseconds patience) : database_(std::move(file), patience) {}

  Decision decide(const Attempt& attempt) override;

  SqliteDatabase& database() { return database_; }

 private:
  std::string judge(const Attempt& attempt, const TripletKey& key);
  void record(const Attempt& attempt, const TripletKey& key, Decision& decision);
  void read_entries();

  SqliteDatabase database_;
};

}  // namespace greylisting
