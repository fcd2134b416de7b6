#include "ctl/administration/mysql_tables.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/sql.h"

namespace greylisting {
namespace {

// A table as sql/mysql/schema.sql makes it.
struct Definition {
  std::string table;
  std::vector<std::pair<std::string, std::string>> columns;  // name; `varchar(255) DEFAULT NULL`
  std::vector<std::string> keys;                             // `UNIQUE KEY entry (pattern, kind, action)`
  std::string collation;                                     // empty where any will do that ignores case
};

// What stands between commas that no parentheses enclose.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else if (c != ' ' || !parts.back().empty()) {
      parts.back() += c;
    }
  }
  return parts;
}

// Of the text that is built in, which has no comments and one blank where the file has any.
std::vector<Definition> definitions() {
  constexpr std::string_view kCreate = "CREATE TABLE IF NOT EXISTS ";
  std::vector<Definition> all;
  std::string_view rest = sql::mysql_schema;
  for (auto begin = rest.find(kCreate); begin != std::string_view::npos; begin = rest.find(kCreate)) {
    rest.remove_prefix(begin + kCreate.size());
    const auto columns = rest.find('(');
    const auto options = rest.find(" ) ENGINE");
    const std::string_view statement = rest.substr(0, rest.find(';'));
    const auto collation = statement.find("COLLATE=");
    Definition& table = all.emplace_back();
    table.table = rest.substr(0, rest.find(' '));
    if (collation != std::string_view::npos) table.collation = statement.substr(collation + 8);
    for (const std::string& part : parts_of(rest.substr(columns + 1, options - columns - 1))) {
      const auto blank = part.find(' ');
      if (part.find("KEY ") < blank + 5) {
        table.keys.push_back(part);
      } else {
        table.columns.emplace_back(part.substr(0, blank), part.substr(blank + 1));
      }
    }
  }
  return all;
}

// A column and a key as they are: in the words of the schema.
struct Column {
  std::string text;
  std::string collation;  // empty for what is no text
};
struct Key {
  bool is_unique = false;
  std::string columns;
};
struct Table {
  std::map<std::string, Column> columns;
  std::map<std::string, Key> keys;
  bool is_view = false;
};

// Servers write the same thing in different ways: `int(10) unsigned`, `current_timestamp()`, comments on the
// format of a time.
std::string in_our_words(const MysqlConnection::Row& row) {
  static const std::regex width(R"((int)\([0-9]+\)| /\*.*\*/)");
  const std::string extra = row.at(5).value_or("");
  const bool is_null = row.at(3) == "YES";
  std::string standard = row.at(4).value_or("NULL");
  if (standard == "current_timestamp()") standard = "CURRENT_TIMESTAMP";
  if (standard.empty()) standard = "''";
  std::string text = std::regex_replace(row.at(2).value_or(""), width, "$1");
  if (!is_null) text += " NOT NULL";
  if (is_null || standard != "NULL") text += " DEFAULT " + standard;
  if (extra.find("on update") != std::string::npos) text += " ON UPDATE CURRENT_TIMESTAMP";
  if (extra.find("auto_increment") != std::string::npos) text += " AUTO_INCREMENT";
  return text;
}

std::map<std::string, Table> tables_of(MysqlConnection& connection) {
  const std::string ours = " WHERE table_schema = DATABASE() AND table_name LIKE 'greylisting\\_%'";
  std::map<std::string, Table> tables;
  for (const auto& row : connection.run(
           "SELECT table_name, column_name, column_type, is_nullable, column_default, LOWER(extra), "
           "collation_name FROM information_schema.columns" +
           ours)) {
    tables[row.at(0).value_or("")].columns[row.at(1).value_or("")] = {in_our_words(row),
                                                                      row.at(6).value_or("")};
  }
  for (const auto& row : connection.run("SELECT table_name FROM information_schema.views" + ours))
    tables[row.at(0).value_or("")].is_view = true;
  for (const auto& row : connection.run(
           "SELECT table_name, index_name, non_unique, CONCAT(column_name, IF(sub_part IS NULL, '', "
           "CONCAT('(', sub_part, ')'))) FROM information_schema.statistics" +
           ours + " ORDER BY table_name, index_name, seq_in_index")) {
    Key& key = tables[row.at(0).value_or("")].keys[row.at(1).value_or("")];
    key.is_unique = row.at(2) == "0";
    key.columns += (key.columns.empty() ? "" : ", ") + row.at(3).value_or("?");
  }
  return tables;
}

// Numbers of 0.5 are wider, and a default that we have no use for does no harm.
bool is_as_good(const std::string& is, const std::string& should) {
  const bool has_default = should.find(" DEFAULT ") != std::string::npos;
  const std::string text = has_default ? is : is.substr(0, is.find(" DEFAULT "));
  return text == should || text == "big" + should;
}

bool is_as_good_collation(const std::string& is, const std::string& should) {
  return is.empty() || is == should || (should.empty() && is.ends_with("_ci"));
}

bool says_what_rows_had(const std::string& text) {
  return text.find("NOT NULL") == std::string::npos || text.find("DEFAULT") != std::string::npos ||
         text.find("AUTO_INCREMENT") != std::string::npos;
}

void compare_columns(const Definition& should, const Table& is, std::vector<TableFault>& faults) {
  const std::string usual = should.collation.empty() ? "latin1_swedish_ci" : should.collation;
  std::string place = " FIRST";
  for (const auto& [name, text] : should.columns) {
    const auto found = is.columns.find(name);
    const bool is_text = text.starts_with("varchar");
    const std::string definition = std::string("COLUMN ").append(name).append(" ").append(text);
    if (found == is.columns.end()) {
      const bool is_known = says_what_rows_had(text);
      std::string clause = "ADD " + definition;
      if (is_text) clause.append(" COLLATE ").append(usual);
      faults.push_back({should.table,
                        "no column " + name + (is_known ? "" : ", which only a backup can give back"),
                        clause.append(place), is_known});
    } else {
      const auto& [its_text, its_collation] = found->second;
      const bool has_collation = is_as_good_collation(its_collation, should.collation);
      const std::string collation = has_collation && !its_collation.empty() ? its_collation : usual;
      const std::string clause = "MODIFY " + definition + (is_text ? " COLLATE " + collation : "");
      if (!is_as_good(its_text, text)) {
        faults.push_back({should.table, in_place_of(name, its_text, text), clause});
      } else if (is_text && !has_collation) {
        faults.push_back({should.table, in_place_of(name, "in " + its_collation, usual), clause});
      }
    }
    place = " AFTER " + name;
  }
}

void compare_keys(const Definition& should, const Table& is, std::vector<TableFault>& faults) {
  std::vector<std::string> unique;
  for (const std::string& key : should.keys) {
    const auto parenthesis = key.find('(');
    const std::string columns = key.substr(parenthesis + 1, key.size() - parenthesis - 2);
    const bool is_primary = key.starts_with("PRIMARY");
    const bool is_unique = is_primary || key.starts_with("UNIQUE");
    const std::string words = key.substr(0, parenthesis - 1);
    const std::string name = is_primary ? "PRIMARY" : words.substr(words.rfind(' ') + 1);
    if (is_unique) unique.push_back(columns);
    if (std::ranges::any_of(is.keys, [&](const auto& its) {
          return its.second.columns == columns && (its.second.is_unique || !is_unique) &&
                 (its.first == "PRIMARY" || !is_primary);
        }))
      continue;
    const std::string dropped = !is.keys.contains(name) ? ""
                                : is_primary            ? "DROP PRIMARY KEY, "
                                                        : "DROP KEY " + name + ", ";
    faults.push_back({should.table, "no " + key, std::string(dropped).append("ADD ").append(key)});
  }
  for (const auto& [name, key] : is.keys) {
    if (name == "PRIMARY" || !key.is_unique || std::ranges::find(unique, key.columns) != unique.end())
      continue;
    faults.push_back({should.table,
                      "a key " + name + " that keeps rows out which have the same " + key.columns,
                      "DROP KEY `" + name + '`'});
  }
}

bool is_one_of(const StoreError& error, std::initializer_list<std::string_view> numbers) {
  return std::ranges::any_of(numbers, [&](std::string_view number) {
    return error.problem().find(std::string("(error ").append(number).append(")")) != std::string::npos;
  });
}

// Of rows that a lost key has let in more than once the first stays; of what is counted all of it.
void leave_one_of_each(MysqlConnection& connection, const std::vector<TableFault>& faults) {
  const std::string& table = faults.front().table;
  std::string keys;
  for (const TableFault& fault : faults) {
    if (fault.text.starts_with("no ") && fault.text.ends_with(')'))
      keys += (keys.empty() ? "" : ", ") + fault.clause;
  }
  connection.run(
      "DROP TEMPORARY TABLE IF EXISTS greylisting_kept; CREATE TEMPORARY TABLE greylisting_kept LIKE " +
      table + "; ALTER TABLE greylisting_kept " + keys);
  const std::string again =
      table == "greylisting_history"
          ? " ON DUPLICATE KEY UPDATE greylisting_kept.total = greylisting_kept.total + "
            "VALUES(total)"
          : "";
  connection.transact([&] {
    connection.run("DELETE FROM greylisting_kept; INSERT " + std::string(again.empty() ? "IGNORE " : "") +
                   "INTO greylisting_kept SELECT * FROM " + table + " FOR UPDATE" + again + "; DELETE FROM " +
                   table + "; INSERT INTO " + table + " SELECT * FROM greylisting_kept");
  });
  connection.run("DROP TEMPORARY TABLE greylisting_kept");
}

void alter(MysqlConnection& connection, const std::vector<TableFault>& faults) {
  std::string clauses;
  for (const TableFault& fault : faults) clauses += (clauses.empty() ? " " : ", ") + fault.clause;
  // What would be cut off is an error.
  const std::string statement = "SET SESSION sql_mode = 'STRICT_ALL_TABLES'; ALTER TABLE " +
                                faults.front().table + clauses + "; SET SESSION sql_mode = ''";
  // Mail that comes in between can bring the same row again.
  constexpr int kTries = 5;
  for (int i = 1;; ++i) {
    try {
      connection.run(statement);
      return;
    } catch (const StoreError& error) {
      connection.run("SET SESSION sql_mode = ''");
      if (!is_one_of(error, {"1062"}) || i == kTries) throw;
    }
    leave_one_of_each(connection, faults);
  }
}

void mend_table(MysqlConnection& connection, const std::vector<TableFault>& faults) {
  const std::string& table = faults.front().table;
  try {
    alter(connection, faults);
  } catch (const StoreError& error) {
    // Rows that do not fit: NULL, too long, out of range, no time, no character, twice.
    if (!is_one_of(error, {"1048", "1062", "1138", "1264", "1265", "1292", "1366", "1406"})) throw;
    throw StoreError(table + " has rows that keep it from being mended: " + error.problem(),
                     how_to_begin_anew(connection, table));
  }
  // The triggers read every entry anew.
  if (table != "greylisting_lists") return;
  connection.run(sql::mysql_schema);
  connection.run(
      "UPDATE greylisting_lists SET ipaddr = ipaddr, last_update = last_update WHERE ipaddr IS NOT NULL");
}

}  // namespace

std::vector<TableFault> faults_of_tables(MysqlConnection& connection) {
  const auto tables = tables_of(connection);
  std::vector<TableFault> faults;
  for (const Definition& should : definitions()) {
    const auto is = tables.find(should.table);
    if (is == tables.end()) continue;
    if (is->second.is_view) {
      faults.push_back({should.table, "a view in its place", "", false});
      continue;
    }
    compare_columns(should, is->second, faults);
    compare_keys(should, is->second, faults);
  }
  return faults;
}

std::string how_to_begin_anew(MysqlConnection& connection, const std::string& table) {
  const std::string its = '`' + connection.run("SELECT DATABASE()").at(0).at(0).value_or("") + "`." + table;
  return "as the server's administrator: RENAME TABLE " + its + " TO " + its +
         "_damaged; then: greylistctl migrate";
}

void require_mendable(MysqlConnection& connection, const std::vector<TableFault>& faults) {
  const auto lost = std::ranges::find(faults, false, &TableFault::can_be_mended);
  if (lost == faults.end()) return;
  throw StoreError(lost->table + " has " + lost->text, how_to_begin_anew(connection, lost->table));
}

void mend_tables(MysqlConnection& connection, const std::vector<TableFault>& faults) {
  for (auto begin = faults.begin(); begin != faults.end();) {
    const auto end =
        std::find_if(begin, faults.end(), [&](const TableFault& it) { return it.table != begin->table; });
    const std::vector<TableFault> its(begin, end);
    begin = end;
    if (std::ranges::all_of(its, &TableFault::can_be_mended)) mend_table(connection, its);
  }
  require_mendable(connection, faults);
}

}  // namespace greylisting
