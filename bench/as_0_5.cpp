// A stand-in for greylisting 0.5, which is not at hand: what it was known to do for a triplet that has
// passed, as it was linked: the client library as it comes, the lists searched by range, then the triplet,
// then its count.

#include <mysql.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

class Database {
 public:
  Database() : mysql_(mysql_init(nullptr), mysql_close) {
    mysql_options(mysql_.get(), MYSQL_READ_DEFAULT_FILE, "control/mysql.cnf");
    is_there_ =
        mysql_real_connect(mysql_.get(), nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0) != nullptr;
  }

  bool is_there() const { return is_there_; }

  bool run(const std::string& statement) { return mysql_query(mysql_.get(), statement.c_str()) == 0; }

  // The first column of the first row; empty when there is none.
  std::string ask(const std::string& question) {
    if (!run(question)) std::exit(1);
    const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> result(mysql_store_result(mysql_.get()),
                                                                          mysql_free_result);
    char** const row = result ? mysql_fetch_row(result.get()) : nullptr;
    return row == nullptr || row[0] == nullptr ? "" : row[0];
  }

 private:
  std::unique_ptr<MYSQL, decltype(&mysql_close)> mysql_;
  bool is_there_ = false;
};

}  // namespace

int main() {
  const char* const recipient = std::getenv("SMTPRCPTTO");
  Database database;
  if (recipient == nullptr || !database.is_there()) return 1;
  const std::string entry = database.ask(
      "SELECT id FROM former_lists WHERE record_expires > UTC_TIMESTAMP() AND "
      "((ipaddr_start <= x'c0000207' AND ipaddr_end >= x'c0000207') OR rcpt_to = 'example.org') "
      "ORDER BY rcpt_to IS NOT NULL, ipaddr_prefixsize DESC LIMIT 1");
  const std::string record = database.ask(
      "SELECT id, block_expires < UTC_TIMESTAMP() FROM former_data WHERE record_expires > UTC_TIMESTAMP() "
      "AND "
      "relay_ip >= x'c0000200' AND relay_ip <= x'c00002ff' AND mail_from = 'alice@example.net' AND "
      "rcpt_to = '" +
      std::string(recipient) + '\'');
  const bool has_counted = database.run(
      "UPDATE former_data SET passed_count = passed_count + 1, record_expires = UTC_TIMESTAMP() + INTERVAL "
      "36 DAY "
      "WHERE id = " +
      record);
  return entry.empty() && has_counted ? 0 : 1;
}
