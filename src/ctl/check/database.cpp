#include "ctl/check/database.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ctl/administration/mysql_administration.h"
#include "ctl/administration/mysql_triggers.h"
#include "ctl/check/option_file.h"
#include "ctl/check/report.h"
#include "store/mysql_connection.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

// The longest statement that an attempt makes, with room to spare: addresses are as long as the host takes
// them.
constexpr std::uint64_t kLeastPacket = 65536;

std::string value(MysqlConnection& connection, const std::string& statement, std::size_t column = 0) {
  const auto rows = connection.run(statement);
  return rows.empty() ? std::string() : rows.front().at(column).value_or("");
}

bool is_on(const std::string& variable) { return variable != "0" && variable != "OFF" && !variable.empty(); }

// What a statement fails with; nothing when it does not.
std::optional<StoreError> failure_of(MysqlConnection& connection, const std::string& statement) {
  try {
    connection.run(statement);
    return std::nullopt;
  } catch (const StoreError& error) {
    return error;
  }
}

std::string quoted_account(const std::string& account) {
  const std::size_t at = account.rfind('@');
  return '\'' + account.substr(0, at) + "'@'" + account.substr(at + 1) + '\'';
}

// One side of the store: an option file and the account in it.
class Account {
 public:
  Account(std::string who, const std::string& option_file, const char* key, std::vector<Finding>& findings)
      : who_(std::move(who)),
        file_(option_file),
        connection_(option_file, key, mysql_patience(Patience::for_a_look)),
        findings_(findings) {
    account_ = value(connection_, "SELECT CURRENT_USER()");
    database_ = value(connection_, "SELECT DATABASE()");
  }

  MysqlConnection& connection() { return connection_; }

  void examine_encryption() {
    const std::string cipher = value(connection_, "SHOW STATUS LIKE 'Ssl_cipher'", 1);
    const std::string where = who_ + "'s connection: ";
    const Encryption encryption = examine_option_file(file_).encryption;
    if (!cipher.empty()) {
      findings_.push_back(good(where + "encrypted (" + cipher + ')'));
    } else if (encryption == Encryption::not_asked) {
      findings_.push_back(good(where + "not encrypted"));
    } else {
      findings_.push_back(problem(where + "not encrypted, although " + file_ + " asks for it",
                                  encryption == Encryption::ignored
                                      ? "make the line ssl-enforce=1, which the client library reads"
                                      : "give the server a certificate (ssl_cert, ssl_key); with "
                                        "ssl-verify-server-cert=1 no other is connected to"));
    }
  }

  // Tries each statement on each table; none of them changes a row.
  template <typename Tables, typename Rights>
  void examine_rights(const Tables& tables, const Rights& rights, const std::string& grant) {
    for (const char* const table : tables) {
      for (const char* const right : rights) {
        const auto failure = failure_of(connection_, statement_for(right, table));
        if (!failure) continue;
        // 1142 and 1143 are of rights; any other has a remedy of its own.
        const bool is_denied = failure->problem().find("(error 114") != std::string::npos;
        const std::string account = std::string(who_).append("'s account ").append(account_);
        const std::string what = std::string(right).append(" on ").append(table) + ": " + failure->problem();
        const std::string remedy = std::string("as the server's administrator: GRANT ")
                                       .append(grant)
                                       .append(" ON `")
                                       .append(database_)
                                       .append("`.* TO ")
                                       .append(quoted_account(account_));
        findings_.push_back(
            is_denied ? problem(std::string(account).append(" lacks ").append(what), remedy)
                      : problem(std::string(account).append(" cannot ").append(what), failure->remedy()));
        return;
      }
    }
  }

  void say_rights(const std::string& what, std::size_t before) {
    if (findings_.size() == before) findings_.push_back(good(who_ + "'s account: " + account_ + ' ' + what));
  }

  // For greylistctl migrate. What a role gives cannot be seen in every server, so nothing is said where there
  // is one.
  void examine_schema_rights() {
    std::string all;
    for (const auto& row : connection_.run("SHOW GRANTS")) all += row.at(0).value_or("") + '\n';
    for (const char* const enough : {"ALL PRIVILEGES", "TRIGGER", "GRANT `"}) {
      if (all.find(enough) != std::string::npos) return;
    }
    findings_.push_back(
        warning(who_ + "'s account " + account_ + " may not do what greylistctl migrate needs",
                "as the server's administrator: GRANT CREATE, ALTER, DROP, INDEX, TRIGGER, CREATE "
                "TEMPORARY TABLES ON `" +
                    database_ + "`.* TO " + quoted_account(account_)));
  }

 private:
  static std::string statement_for(const std::string& right, const std::string& table) {
    if (right == "SELECT") return "SELECT 1 FROM " + table + " WHERE FALSE";
    // Explained, it needs the same right, and a binary log of statements has no note of it.
    if (right == "INSERT") return "EXPLAIN INSERT INTO " + table + " SELECT * FROM " + table + " WHERE FALSE";
    if (right == "DELETE") return "DELETE FROM " + table + " WHERE FALSE";
    const std::string column = table == "greylisting_meta"       ? "value"
                               : table == "greylisting_history"  ? "total"
                               : table == "greylisting_clients"  ? "passes"
                               : table == "greylisting_expected" ? "expires"
                                                                 : "last_update";
    return "UPDATE " + table + " SET " + column + " = " + column + " WHERE FALSE";
  }

  std::string who_;
  std::string file_;
  MysqlConnection connection_;
  std::vector<Finding>& findings_;
  std::string account_;
  std::string database_;
};

void examine_server(MysqlConnection& connection, std::vector<Finding>& findings) {
  const auto row = connection
                       .run(
                           "SELECT @@GLOBAL.read_only, @@max_allowed_packet, @@GLOBAL.autocommit, "
                           "@@GLOBAL.sql_mode, @@log_bin, @@GLOBAL.init_connect")
                       .at(0);
  const auto variable = [&row](std::size_t i) { return row.at(i).value_or(""); };
  findings.push_back(good("server: autocommit=" + variable(2) + ", sql_mode=" + variable(3) +
                          ", log_bin=" + variable(4) + ", max_allowed_packet=" + variable(1) +
                          ", init_connect=" + variable(5)));
  if (is_on(variable(0))) {
    findings.push_back(
        problem("server: it takes no writes (read_only)",
                "as the server's administrator: SET GLOBAL read_only = 0; or name a server that takes "
                "writes in the option files"));
  }
  if (number_of<std::uint64_t>(variable(1)).value_or(0) < kLeastPacket) {
    findings.push_back(
        problem("server: max_allowed_packet=" + variable(1) + " is too small for long addresses",
                "as the server's administrator: SET GLOBAL max_allowed_packet = 16777216; and the "
                "same in its configuration"));
  }
}

// Only InnoDB has rows that can be locked one by one, and transactions.
bool examine_engines(MysqlConnection& connection, std::vector<Finding>& findings) {
  const auto others = connection.run(
      "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = DATABASE() AND "
      "table_name LIKE 'greylisting\\_%' AND engine <> 'InnoDB'");
  for (const auto& row : others) {
    findings.push_back(problem("table " + row.at(0).value_or("") + ": its engine is " +
                                   row.at(1).value_or("") + ", which locks whole tables and undoes nothing",
                               "greylistctl migrate"));
  }
  return others.empty();
}

void examine_triggers(MysqlConnection& connection, std::vector<Finding>& findings) {
  try {
    const std::string fault = fault_of_triggers(connection);
    findings.push_back(fault.empty()
                           ? good("triggers: those of greylisting_lists are there and do their work")
                           : problem("triggers: " + fault, how_to_migrate(connection)));
  } catch (const StoreError& error) {
    findings.push_back(
        problem("triggers: greylisting_lists takes no entry: " + error.problem(), error.remedy()));
  }
}

bool has_tables(MysqlConnection& connection) {
  return value(
             connection,
             "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name "
             "IN ('greylisting_data', 'greylisting_lists', 'greylisting_entries', 'greylisting_clients', "
             "'greylisting_meta', 'greylisting_history', 'greylisting_expected') AND table_type = 'BASE "
             "TABLE'") == "7";
}

}  // namespace

std::vector<Finding> examine_option_files(const Settings& settings) {
  std::vector<Finding> findings = examine_option_file(settings.mysql_default_file).findings;
  if (settings.admin_option_file() != settings.mysql_default_file) {
    const auto more = examine_option_file(settings.admin_option_file()).findings;
    findings.insert(findings.end(), more.begin(), more.end());
  }
  return findings;
}

std::vector<Finding> examine_database(const Settings& settings) {
  std::vector<Finding> findings;
  Account plugin("plugin", settings.mysql_default_file, "mysql_default_file", findings);
  plugin.examine_encryption();
  Account tool("tool", settings.admin_option_file(),
               settings.mysql_admin_file.empty() ? "mysql_default_file" : "mysql_admin_file", findings);
  tool.examine_encryption();
  examine_server(plugin.connection(), findings);
  if (!has_tables(tool.connection())) return findings;

  std::size_t before = findings.size();
  const std::string of_plugin = "SELECT, INSERT, UPDATE";
  plugin.examine_rights(std::array{"greylisting_data", "greylisting_clients", "greylisting_expected"},
                        std::array{"SELECT", "INSERT", "UPDATE"}, of_plugin);
  plugin.examine_rights(std::array{"greylisting_lists", "greylisting_entries", "greylisting_meta"},
                        std::array{"SELECT"}, of_plugin);
  plugin.say_rights("may do what the plugin has to", before);
  before = findings.size();
  tool.examine_rights(
      std::array{"greylisting_data", "greylisting_lists", "greylisting_entries", "greylisting_clients",
                 "greylisting_meta", "greylisting_history", "greylisting_expected"},
      std::array{"SELECT", "INSERT", "UPDATE", "DELETE"}, "SELECT, INSERT, UPDATE, DELETE");
  tool.say_rights("may do what greylistctl has to", before);
  tool.examine_schema_rights();
  if (examine_engines(tool.connection(), findings)) examine_triggers(tool.connection(), findings);
  return findings;
}

}  // namespace greylisting::ctl
