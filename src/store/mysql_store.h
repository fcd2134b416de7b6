// mysql_store: triplets in MySQL or MariaDB, the plugin's side.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "store/mysql_connection.h"
#include "store/store.h"

namespace greylisting {

/// Each function is one packet to the server. A deadlock, or a cluster's refusal to certify, is tried again.
class MysqlStore : public Store {
 public:
  /// Connects as `option_file` says. Throws StoreError.
  explicit MysqlStore(const std::string& option_file, const MysqlPatience& patience = {})
      : connection_(option_file, "mysql_default_file", patience) {}

  Facts look(const Attempt& attempt) override;
  void add_entries(Evidence& evidence, const Attempt& attempt, const Facts& facts) override;
  Recorded record(const Attempt& attempt, const Facts& facts, const Decision& decision) override;
  void expect(const std::vector<Expectation>& expectations, std::chrono::seconds time) override;

 private:
  MysqlConnection connection_;
};

}  // namespace greylisting
