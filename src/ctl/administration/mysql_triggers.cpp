#include "ctl/administration/mysql_triggers.h"

namespace greylisting {
namespace {

// What the triggers have made of the entry.
std::string range(MysqlConnection& connection) {
  const auto row =
      connection
          .run(
              "SELECT HEX(ipaddr_start), HEX(ipaddr_end), ipaddr_prefixsize FROM greylisting_lists "
              "WHERE id = 0")
          .at(0);
  std::string text;
  for (const auto& column : row) text += column.value_or("NULL") + ' ';
  return text;
}

std::string lacking(const char* when) {
  return std::string("there is none that does its work when an entry of greylisting_lists is ") + when +
         ", so that entries written in SQL never match";
}

// The account that made the triggers is gone, or may not any more.
bool is_of_definer(const StoreError& error) {
  return error.problem().find("(error 1449)") != std::string::npos ||
         error.problem().find("TRIGGER command denied") != std::string::npos;
}

}  // namespace

std::string fault_of_triggers(MysqlConnection& connection) {
  std::string fault;
  // An id of 0 is no other row's, and takes no number from those to come.
  connection.run("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'; START TRANSACTION");
  try {
    connection.run(
        "INSERT INTO greylisting_lists (id, ipaddr, block_expires, record_expires, comment) VALUES "
        "(0, '192.0.2.7/24', '2001-01-01', '2001-01-01', 'greylistctl')");
    if (range(connection) != "C0000200 C00002FF 24 ") fault = lacking("added");
    connection.run("UPDATE greylisting_lists SET ipaddr = '198.51.100.7' WHERE id = 0");
    if (fault.empty() && range(connection) != "C6336407 C6336407 32 ") fault = lacking("changed");
    connection.run("UPDATE greylisting_lists SET ipaddr = '64:ff9b::192.0.2.7/120' WHERE id = 0");
    if (fault.empty() && range(connection) != "C0000200 C00002FF 24 ")
      fault = "those of greylisting_lists are of an earlier version, which does not know NAT64";
  } catch (const StoreError& error) {
    connection.run("ROLLBACK");
    if (!is_of_definer(error)) throw;
    fault = "greylisting_lists takes no entry: " + error.problem();
  }
  connection.run("ROLLBACK; SET SESSION sql_mode = ''");
  return fault;
}

std::string how_to_migrate(MysqlConnection& connection) {
  const auto row = connection.run("SELECT @@log_bin AND NOT @@GLOBAL.log_bin_trust_function_creators").at(0);
  return std::string(row.at(0) == "1" ? "as the server's administrator: SET GLOBAL "
                                        "log_bin_trust_function_creators = 1; then: "
                                      : "") +
         "greylistctl migrate";
}

}  // namespace greylisting
