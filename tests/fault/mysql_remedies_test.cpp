// What the plugin says of each error that a server or an account can meet it with, and that it decides again
// once the remedy has been followed.

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/mysql_remedies.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

std::string account(const Installation& installation) {
  return '\'' + installation.database() + "'@'localhost'";
}

std::string number(unsigned error) { return "(error " + std::to_string(error) + "); "; }

// What the administrator does to a server or an account, and does as the remedy says.
struct Broken {
  unsigned error;
  std::string remedy;
  ServerKind kind;
  std::string cause;   // SQL; ACCOUNT_ stands for the plugin's
  std::string repair;  // likewise
};

std::string for_account(std::string sql, const Installation& installation) {
  for (std::size_t at = sql.find("ACCOUNT_"); at != std::string::npos; at = sql.find("ACCOUNT_"))
    sql.replace(at, 8, account(installation));
  return sql;
}

void break_and_repair(const Broken& broken) {
  CAPTURE(broken.error, broken.cause);
  const Installation installation(DatabaseServer::shared(broken.kind));
  installation.sql(for_account(broken.cause, installation));
  fails_safely(installation, {"MySQL: ", number(broken.error) + broken.remedy});
  installation.sql(for_account(broken.repair, installation));
  decides(installation, "new");
}

constexpr auto kMariadb = ServerKind::mariadb;
constexpr auto kMysql56 = ServerKind::mysql56;

const std::vector<Broken>& broken_accounts() {
  const std::string expired = "its password has expired: set one anew (SET PASSWORD FOR the account)";
  const std::string locked = "as the server's administrator: ALTER USER the account ACCOUNT UNLOCK";
  const std::string limit = "as the server's administrator: raise or take away this limit of the account";
  const std::string reads = "as the server's administrator: SET GLOBAL tx_read_only = 0";
  const std::string slow = "as the server's administrator: raise the limit for statements";
  static const std::vector<Broken> all{
      {1820, expired, kMariadb, "ALTER USER ACCOUNT_ PASSWORD EXPIRE",
       "SET PASSWORD FOR ACCOUNT_ = PASSWORD('change-me')"},
      {1862, expired, kMariadb,
       "ALTER USER ACCOUNT_ PASSWORD EXPIRE; SET GLOBAL disconnect_on_expired_password = 1",
       "SET GLOBAL disconnect_on_expired_password = 0; SET PASSWORD FOR ACCOUNT_ = PASSWORD('change-me')"},
      {1862, expired, kMysql56, "ALTER USER ACCOUNT_ PASSWORD EXPIRE",
       "SET PASSWORD FOR ACCOUNT_ = PASSWORD('change-me')"},
      {4151, locked, kMariadb, "ALTER USER ACCOUNT_ ACCOUNT LOCK", "ALTER USER ACCOUNT_ ACCOUNT UNLOCK"},
      {1226, limit, kMariadb, "ALTER USER ACCOUNT_ WITH MAX_QUERIES_PER_HOUR 1",
       "ALTER USER ACCOUNT_ WITH MAX_QUERIES_PER_HOUR 0"},
      {1226, limit, kMysql56, "GRANT USAGE ON *.* TO ACCOUNT_ WITH MAX_QUERIES_PER_HOUR 1",
       "GRANT USAGE ON *.* TO ACCOUNT_ WITH MAX_QUERIES_PER_HOUR 0"},
      {1792, reads, kMariadb, "SET GLOBAL tx_read_only = 1", "SET GLOBAL tx_read_only = 0"},
      {1792, reads, kMysql56, "SET GLOBAL tx_read_only = 1", "SET GLOBAL tx_read_only = 0"},
      {1969, slow, kMariadb,
       "CREATE TRIGGER slow BEFORE INSERT ON greylisting_data FOR EACH ROW DO SLEEP(3); "
       "ALTER USER ACCOUNT_ WITH MAX_STATEMENT_TIME 0.05",
       "DROP TRIGGER slow; ALTER USER ACCOUNT_ WITH MAX_STATEMENT_TIME 0"},
      {1045,
       "correct user and password in control/mysql.cnf; sql/mysql/grants.sql creates the account; where "
       "the account has REQUIRE SSL, add the line ssl-enforce=1",
       kMariadb, "ALTER USER ACCOUNT_ REQUIRE SSL", "ALTER USER ACCOUNT_ REQUIRE NONE"},
      {1698, "name an account with a password in control/mysql.cnf: this one is for the system's user",
       kMariadb, "ALTER USER ACCOUNT_ IDENTIFIED VIA unix_socket",
       "ALTER USER ACCOUNT_ IDENTIFIED BY 'change-me'"},
      {1184, "have the server's administrator correct init_connect", kMariadb,
       "SET GLOBAL init_connect = 'nonsense'", "SET GLOBAL init_connect = ''"},
      {1184, "have the server's administrator correct init_connect", kMysql56,
       "SET GLOBAL init_connect = 'nonsense'", "SET GLOBAL init_connect = ''"},
  };
  return all;
}

}  // namespace

TEST_CASE("an account or a server that is set to refuse is said to be that", "[fault][remedies]") {
  for (const Broken& broken : broken_accounts()) break_and_repair(broken);
}

TEST_CASE("a binary log of statements that a setting forbids is said to be that", "[fault][remedies]") {
  DatabaseServer server(ServerKind::mariadb,
                        {"--log-bin", "--binlog-format=MIXED", "--transaction-isolation=READ-COMMITTED"});
  const Installation installation(server);
  server.sql("", "SET GLOBAL binlog_format = 'STATEMENT'");
  fails_safely(installation,
               {number(1665) + "as the server's administrator: SET GLOBAL binlog_format = 'MIXED'"});
  server.sql("", "SET GLOBAL binlog_format = 'MIXED'");
  decides(installation, "new");
}

TEST_CASE("a line of the option file that the session cannot be set by is said to be that",
          "[fault][remedies]") {
  struct Line {
    unsigned error;
    std::string line;
    std::string remedy;
  };
  const std::string charset = "correct or take out default-character-set and character-sets-dir in control/";
  const std::string init = "correct or take out init-command in control/mysql.cnf";
  for (const Line& line : std::vector<Line>{
           {2019, "default-character-set=utf9", charset},
           {1231, "default-character-set=ucs2",
            "correct or take out init-command and default-character-set in"},
           {1064, "init-command=nonsense", init},
           {1193, "init-command=SET no_such_variable=1", init},
           {1044, "database=mysql", "correct database in control/mysql.cnf; or grant the account what"},
       }) {
    CAPTURE(line.line);
    const Installation installation(Backend::mariadb);
    const std::filesystem::path file = installation.home() / "control/mysql.cnf";
    const std::string good = read_file(file);
    write_file(file, good + line.line + '\n', 0600);
    fails_safely(installation, {number(line.error) + line.remedy});
    write_file(file, good, 0600);
    decides(installation, "new");
  }
}

// A trigger can have the server end a statement with any of its errors: those of disks, other nodes and other
// versions as well.
TEST_CASE("each error of a server comes with its remedy", "[fault][remedies]") {
  const Installation installation(Backend::mariadb);
  for (const MysqlRemedy& row : mysql_remedies()) {
    if ((row.error >= 2000 && row.error < 3000) || row.error >= 5000) continue;  // the client library's
    CAPTURE(row.error);
    installation.sql(
        "DROP TRIGGER IF EXISTS failing; CREATE TRIGGER failing BEFORE INSERT ON greylisting_data "
        "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = " +
        std::to_string(row.error) + ", MESSAGE_TEXT = 'as told'");
    const Result result = run(guarded(installation));
    CHECK(result.status == 0);
    CHECK(result.output.empty());
    CHECK(lines(result.errors) == 1);
    CHECK_THAT(result.errors, Contains("MySQL: as told " + number(row.error) +
                                       mysql_remedy(row.error, "", "control/mysql.cnf")));
  }
  installation.sql("DROP TRIGGER failing");
  decides(installation, "new");
}

TEST_CASE("an answer that is longer than the option file lets it be is no server that has ended",
          "[fault][remedies]") {
  CHECK_THAT(mysql_remedy(2013, "Lost connection to server during query", "/etc/my.cnf"),
             Catch::EndsWith("; where it is, take out or raise a low max-allowed-packet in /etc/my.cnf"));
}

TEST_CASE("a remedy names the file, and sends nobody to check", "[fault][remedies]") {
  std::set<unsigned> errors;
  for (const MysqlRemedy& row : mysql_remedies()) {
    CAPTURE(row.error);
    CHECK(errors.insert(row.error).second);
    const std::string remedy = mysql_remedy(row.error, "", "control/mysql.cnf");
    CHECK_THAT(remedy, !Contains(":file") && !Contains(":encrypting"));
    CHECK_THAT(remedy, !Contains("greylistctl check"));
  }
  CHECK_THAT(mysql_remedy(1045, "", ""), Contains("in an option file (mysql_default_file)"));
  CHECK_THAT(mysql_remedy(1045, "Authentication plugin 'x' could not be loaded: no such file", ""),
             Contains("this client library cannot log in to such an account"));
  CHECK_THAT(
      mysql_remedy(2002, "Can't connect to local server through socket '/closed/mysqld.sock' (13)", ""),
      Contains("chmod a+x every directory on the way to it"));
  for (const std::string full : {"Got error 28 from storage engine",
                                 "Got error 28 \"No space left on device\" from storage engine InnoDB"})
    CHECK(mysql_remedy(1030, full, "") == "make room on the database's disk");
  CHECK(mysql_remedy(1026, "Error writing file './a' (Errcode: 28 \"No space left on device\")", "") ==
        "make room on the database's disk");
  for (const std::string other : {"Got error 176 from storage engine", "Got error 286 from storage engine"})
    CHECK_THAT(mysql_remedy(1030, other, ""),
               Contains("whether the database's disk is full or can only be read"));
  for (const std::string crash : {"Got error 145 \"Table was marked as crashed\" from storage engine Aria",
                                  "Got error 126 from storage engine", "Got error 134 from storage engine"})
    CHECK_THAT(mysql_remedy(1030, crash, ""), Contains("repair the table"));
  for (const unsigned old_format : {1275U, 2049U})
    CHECK_THAT(mysql_remedy(old_format, "", ""), Contains("SET old_passwords = 0"));
  CHECK_THAT(mysql_remedy(1524, "Plugin 'mysql_native_password' is not loaded", ""),
             Contains("mysql_native_password=ON"));
  CHECK_THAT(mysql_remedy(1129, "", ""), Contains("TRUNCATE TABLE performance_schema.host_cache"));
  CHECK_THAT(mysql_remedy(2008, "", ""), Contains("softlimit -m"));
  // The server's log knows nothing of them.
  for (const unsigned of_library : {2000U, 2014U, 2047U, 2054U, 2066U}) {
    CHECK(mysql_remedy(of_library, "", "control/mysql.cnf") ==
          "see the lines in control/mysql.cnf, and whether the database is running");
  }
  CHECK(mysql_remedy(9999, "", "") == "see what the database's own log says of this error");
}

}  // namespace greylisting::test
