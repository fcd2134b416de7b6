// sqlite_administration: triplets in an SQLite file, the administrator's side.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"
#include "store/sqlite_store.h"

namespace greylisting {

class SqliteAdministration : public Administration {
 public:
  explicit SqliteAdministration(const Settings& settings);
  SqliteAdministration(const SqliteAdministration&) = delete;
  SqliteAdministration& operator=(const SqliteAdministration&) = delete;
  ~SqliteAdministration() override;

  std::vector<Finding> examine() override;
  Store& store() override { return store_; }
  std::vector<std::string> migrate() override;

  /// What opening the file, and migrate(), would do (ctl/administration/administration.h). Throws StoreError.
  static std::vector<std::string> migration_ahead(const std::string& file);

  std::vector<Row> ask(std::string_view statement, std::size_t columns) override;
  void read(std::string_view statement, std::size_t columns, const std::function<void(Row&)>& take) override;
  void transact(const std::function<void()>& work) override;
  std::uint64_t changed_rows() override { return store_.database().changes(); }
  sql::Dialect dialect() const override { return sql::Dialect::sqlite; }
  bool lock_cleanup() override;

 private:
  SqliteStore store_;
  int lock_ = -1;  // descriptor of the file's directory while this clean-up holds it
};

}  // namespace greylisting
