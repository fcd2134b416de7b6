// sqlite_store: triplets in an SQLite file, the plugin's side.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite_database.h"
#include "store/store.h"

namespace greylisting {

class SqliteStore : public Store {
 public:
  /// Opens the file, creating it and its schema when it is not there. Throws StoreError.
  SqliteStore(std::string file, std::chrono::milliseconds patience) : database_(std::move(file), patience) {}

  Facts look(const Attempt& attempt) override;
  void add_entries(Evidence& evidence, const Attempt& attempt, const Facts& facts) override;
  Recorded record(const Attempt& attempt, const Facts& facts, const Decision& decision) override;
  void expect(const std::vector<Expectation>& expectations, std::chrono::seconds time) override;

  SqliteDatabase& database() { return database_; }

 private:
  void read_lists();

  SqliteDatabase database_;
};

}  // namespace greylisting
