#include "store/mysql_connection.h"

#include <fcntl.h>
#include <mysqld_error.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "process/hand_over.h"
#include "process/process.h"
#include "store/mysql_remedies.h"

namespace greylisting {
namespace {

// Errors of the server that not every client library has a name for.
constexpr unsigned kRecordHasChanged = 1020;        // MariaDB 11.6, innodb_snapshot_isolation
constexpr unsigned kRolledBackDuringCommit = 3101;  // MySQL's group replication

// Another transaction was in the way, this one is rolled back, and the next try may well succeed.
bool goes_away(unsigned error) {
  return error == ER_LOCK_DEADLOCK || error == ER_LOCK_WAIT_TIMEOUT || error == kRecordHasChanged ||
         error == kRolledBackDuringCommit;
}

// Before the next try, the longer the more have failed, and by chance, so that those who were in each other's
// way are not so again.
void pause(int failures) {
  const unsigned most = 1000U << std::min(failures, 6);  // 2 to 64 ms
  std::this_thread::sleep_for(std::chrono::microseconds(std::random_device()() % most));
}

// Whatever the server's settings, init_connect and the option file's init-command have made of the session.
// A transaction that has begun there would take everything back at its end: autocommit = 1 ends none.
constexpr std::string_view kSession =
    "ROLLBACK AND NO CHAIN NO RELEASE; SET NAMES latin1, timestamp = DEFAULT, autocommit = 1, sql_mode = '', "
    "time_zone = '+00:00', sql_safe_updates = 0, "
    "sql_select_limit = 18446744073709551615, sql_big_selects = 1, completion_type = 0;";

void require_option_file(const std::string& name, std::string_view key) {
  const std::string text = "the MySQL option file " + name + ' ';
  const int file = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    const int error = errno;
    if (error == ENOENT) {
      throw StoreError(text + "does not exist", std::string("create it, or correct ").append(key));
    }
    throw StoreError(
        text + "cannot be read by " + effective_user() + " (" + std::generic_category().message(error) + ')',
        "give it to that user: chown, chmod 600");
  }
  struct stat status = {};
  fstat(file, &status);
  close(file);
  if (!S_ISREG(status.st_mode)) throw StoreError(text + "is not a regular file", "put one in its place");
  if ((status.st_mode & S_IWOTH) != 0) {
    throw StoreError(text + "can be written by everybody, so the client library ignores it", "chmod 600 it");
  }
}

MysqlConnection::Row row_of(MYSQL_RES& result, const char* const* values) {
  const unsigned long* const lengths = mysql_fetch_lengths(&result);
  MysqlConnection::Row row(mysql_num_fields(&result));
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (values[i] != nullptr) row[i].emplace(values[i], lengths[i]);
  }
  return row;
}

}  // namespace

// Defined before its uses, which instantiate it.
template <typename Error>
void MysqlConnection::fail() const {
  if (!failed_hand_over().empty())
    throw Error("MySQL: " + failed_hand_over(),
                "make install puts it there; or build with make LINK=dynamic");
  const unsigned error = mysql_errno(connection_.get());
  throw Error(
      "MySQL: " + std::string(mysql_error(connection_.get())) + " (error " + std::to_string(error) + ')',
      mysql_remedy(error, mysql_error(connection_.get()), option_file_));
}

MysqlConnection::MysqlConnection(const std::string& option_file, std::string_view key,
                                 const MysqlPatience& patience)
    : option_file_(option_file), patience_for_locks_(patience.lock), connection_(nullptr, mysql_close) {
  if (!option_file.empty()) require_option_file(option_file, key);
  connection_.reset(mysql_init(nullptr));
  if (!connection_) throw StoreError("MySQL: out of memory", "raise the memory limit (softlimit -m)");
  // Bytes are bytes: what is stored comes back as it was written.
  mysql_options(connection_.get(), MYSQL_SET_CHARSET_NAME, "latin1");
  if (patience.connect > 0) mysql_options(connection_.get(), MYSQL_OPT_CONNECT_TIMEOUT, &patience.connect);
  for (const auto wait : {MYSQL_OPT_READ_TIMEOUT, MYSQL_OPT_WRITE_TIMEOUT}) {
    if (patience.answer > 0) mysql_options(connection_.get(), wait, &patience.answer);
  }
  // A decision leaves in one piece, and the server is woken once.
  const unsigned long buffer = 16384;
  mysql_options(connection_.get(), MYSQL_OPT_NET_BUFFER_LENGTH, &buffer);
  if (!option_file.empty()) mysql_options(connection_.get(), MYSQL_READ_DEFAULT_FILE, option_file.c_str());
  if (mysql_real_connect(connection_.get(), nullptr, nullptr, nullptr, nullptr, 0, nullptr,
                         CLIENT_MULTI_STATEMENTS) == nullptr) {
    fail<ConnectionError>();
  }
}

std::vector<MysqlConnection::Row> MysqlConnection::run(std::string_view statements) {
  MYSQL* const mysql = connection_.get();
  std::vector<Row> rows;
  std::string packet;
  if (!std::exchange(is_begun_, true)) {
    packet = kSession;
    if (patience_for_locks_ > 0)
      packet +=
          "SET lock_wait_timeout = LEAST(@@lock_wait_timeout, " + std::to_string(patience_for_locks_) + ");";
    statements = packet.append(statements);
  }
  int next = mysql_real_query(mysql, statements.data(), statements.size());
  for (; next == 0; next = mysql_next_result(mysql)) {
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql),
                                                                          mysql_free_result);
    if (result) {
      while (char** const values = mysql_fetch_row(result.get())) rows.push_back(row_of(*result, values));
    } else if (mysql_errno(mysql) != 0) {
      fail();
    } else {
      affected_rows_ = mysql_affected_rows(mysql);
      insert_id_ = mysql_insert_id(mysql);
    }
  }
  if (mysql_errno(mysql) != 0) fail();
  return rows;
}

void MysqlConnection::read(std::string_view statement, const std::function<void(const Row&)>& take) {
  MYSQL* const mysql = connection_.get();
  if (!is_begun_) run("DO 0");
  if (mysql_real_query(mysql, statement.data(), statement.size()) != 0) fail();
  // What is left of the rows when `take` throws is read, and dropped, as the result goes.
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_use_result(mysql),
                                                                        mysql_free_result);
  if (!result) fail();
  while (char** const values = mysql_fetch_row(result.get())) take(row_of(*result, values));
  if (mysql_errno(mysql) != 0) fail();
}

std::vector<MysqlConnection::Row> MysqlConnection::run_with_retry(std::string_view statements) {
  std::vector<Row> rows;
  retry([&] { rows = run(statements); });
  return rows;
}

void MysqlConnection::transact(const std::function<void()>& work) {
  try {
    retry([&] {
      run("START TRANSACTION");
      work();
      run("COMMIT");
    });
  } catch (...) {
    mysql_rollback(connection_.get());
    throw;
  }
}

void MysqlConnection::retry(const std::function<void()>& work) {
  constexpr int kTries = 20;
  bool has_waited = false;
  for (int failures = 0;; pause(failures)) {
    try {
      work();
      return;
    } catch (const StoreError&) {
      const unsigned error = mysql_errno(connection_.get());
      // Whoever holds a lock for as long as the server waits holds it longer, too.
      const bool is_wait = error == ER_LOCK_WAIT_TIMEOUT;
      if (!goes_away(error) || (is_wait && std::exchange(has_waited, true)) || ++failures == kTries) throw;
    }
    run("ROLLBACK");  // after a lock wait the rest of the transaction is still there, and its locks
  }
}

}  // namespace greylisting
