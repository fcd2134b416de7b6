// mysql_connection: one connection to MySQL or MariaDB, through libmysqlclient or MariaDB Connector/C.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace greylisting {

/// The server could not be reached, or did not let this account in.
class ConnectionError : public StoreError {
  using StoreError::StoreError;
};

/// How many seconds a server is waited for; 0 is for ever, as the plugin does, whose Deadline ends it.
struct MysqlPatience {
  unsigned connect = 0;  // until it has let this account in; the option file's connect-timeout comes before
  unsigned answer = 0;   // until it has said something of the answer to a packet
  unsigned lock = 0;     // at most, until a table is free that somebody holds locked as a whole
};

class MysqlConnection {
 public:
  using Row = std::vector<std::optional<std::string>>;

  /// Connects as the option file's [client] group says; with an empty name, as the client library does by
  /// default. A file that is missing, not readable or not a regular file is said by name before the library
  /// is asked.
  explicit MysqlConnection(const std::string& option_file, std::string_view key = "mysql_default_file",
                           const MysqlPatience& patience = {});

  /// Sends all of `statements` in one packet and reads all answers. Returns the rows of all result sets, one
  /// after the other. Throws StoreError when one of them fails; those after it are not run. The first packet
  /// of a connection begins with what the statements rely on, whatever the server and the option file are set
  /// to: autocommit, no open transaction, sql_mode, the server's clock, UTC, and bytes as they are.
  std::vector<Row> run(std::string_view statements);

  /// Runs one statement, whose rows are handed over as they come; `take` asks nothing of this connection.
  void read(std::string_view statement, const std::function<void(const Row&)>& take);

  /// The same as `run`, tried again after a failure that goes away by itself: a deadlock, a lock wait that
  /// took too long, or a cluster's refusal to certify, which comes several times in a row when many nodes
  /// write one record at once. At most 20 times, with pauses that add up to half a second on average; the
  /// plugin's Deadline may end it before. The statements must be fit to run anew.
  std::vector<Row> run_with_retry(std::string_view statements);

  /// Runs `work`, which calls `run`, within a transaction, all of it again after such a failure. What `work`
  /// throws undoes it.
  void transact(const std::function<void()>& work);

  /// The number of rows that the last statement of `run` changed.
  std::uint64_t affected_rows() const { return affected_rows_; }

  /// What LAST_INSERT_ID(…) in it has carried out; 0 when it has not been evaluated.
  std::uint64_t insert_id() const { return insert_id_; }

 private:
  template <typename Error = StoreError>
  [[noreturn]] void fail() const;
  void retry(const std::function<void()>& work);

  std::string option_file_;
  unsigned patience_for_locks_;
  std::unique_ptr<MYSQL, decltype(&mysql_close)> connection_;
  std::uint64_t affected_rows_ = 0;
  std::uint64_t insert_id_ = 0;
  bool is_begun_ = false;
};

}  // namespace greylisting
