// mysql_administration: triplets in MySQL or MariaDB, the administrator's side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"
#include "store/mysql_store.h"
#include "store/table_fault.h"

namespace greylisting {

/// How long the tool's connections wait: cron starts the next one.
constexpr MysqlPatience mysql_patience(Patience patience) {
  return patience == Patience::for_a_look ? MysqlPatience{.connect = 10, .answer = 120, .lock = 10}
                                          : MysqlPatience{.connect = 10, .lock = 30};
}

class MysqlAdministration : public Administration {
 public:
  explicit MysqlAdministration(const Settings& settings, Patience patience = Patience::for_long_statements);

  std::vector<Finding> examine() override;
  Store& store() override;
  std::vector<std::string> migrate() override;

  /// What migrate() would do (ctl/administration/administration.h).
  std::vector<std::string> migration_ahead();

  std::vector<Row> ask(std::string_view statement, std::size_t columns) override;
  void read(std::string_view statement, std::size_t columns, const std::function<void(Row&)>& take) override;
  void transact(const std::function<void()>& work) override;
  std::uint64_t changed_rows() override { return connection_.affected_rows(); }
  sql::Dialect dialect() const override { return sql::Dialect::mysql; }
  bool lock_cleanup() override;

 private:
  std::string value(std::string_view statement);
  std::string schema_version();
  bool has_layout_of_03();
  bool has_layout_of_05();
  bool has_lost_key();
  bool has_all_tables();
  std::vector<std::string> tables_of_another_engine();
  std::vector<TableFault> damage();
  std::vector<std::string> bring_schema();

  std::string plugin_option_file_;
  MysqlPatience patience_;
  MysqlConnection connection_;
  std::unique_ptr<MysqlStore> store_;
  bool is_transacting_ = false;
};

}  // namespace greylisting
