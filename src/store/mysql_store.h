// mysql_store: triplets in MySQL or MariaDB, the plugin's side. What decides is in sql/mysql: known.sql, the
// shortcut, or lists.sql and judge.sql; what it records is in known_again.sql, or in earn.sql and record.sql.
#pragma once

#include <string>

#include "store/mysql_connection.h"
#include "store/store.h"

namespace greylisting {

class MysqlStore : public Store {
 public:
  /// Connects as `option_file` says. Throws StoreError.
  explicit MysqlStore(const std::string& option_file) : connection_(option_file) {}

  /// One packet to the server, whatever the outcome. A deadlock, or a cluster's refusal to certify, is tried
  /// again.
  Judgement judge(const Attempt& attempt) override;

  /// What `judge` would say, with nothing of it kept.
  Judgement rehearse(const Attempt& attempt);

  MysqlConnection& connection() { return connection_; }

 private:
  Judgement decide(const Attempt& attempt, const std::string& beginning);

  MysqlConnection connection_;
};

}  // namespace greylisting
