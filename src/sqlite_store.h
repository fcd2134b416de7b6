// sqlite_store: triplets in an SQLite file, the plugin's side. What decides is sql/sqlite/judge_lists.sql and
// sql/sqlite/record_triplet.sql.
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
  /// What the lists say; Reason::unseen when they leave it to the triplet.
  Decision judge_lists(const Attempt& attempt);
  Decision record_triplet(const Attempt& attempt);
  void read_entries();

  SqliteDatabase database_;
};

}  // namespace greylisting
