#include "store/sqlite_tables.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <string_view>

#include "store/sql.h"
#include "text/number.h"
#include "text/shell_word.h"

namespace greylisting {
namespace {

// Each statement has the rows of one table; `1` stands for its name.
constexpr std::string_view kColumns =
    "SELECT name, \"notnull\" = 1 AND dflt_value IS NULL AND type || pk <> 'INTEGER1' FROM "
    "pragma_table_info('1')";
constexpr std::string_view kDefinitions =
    R"(SELECT name, '"' || replace(name, '"', '""') || '"', type FROM pragma_table_info('1'))";
constexpr std::string_view kUnique =
    "SELECT (SELECT group_concat(name, ', ') FROM pragma_index_info(its.name)) FROM pragma_index_list('1') "
    "AS its "
    "WHERE its.\"unique\" AND its.origin <> 'pk'";
constexpr std::string_view kObjects =
    "SELECT type || ' ' || name, sql FROM sqlite_master WHERE tbl_name = '1' AND type <> 'table' AND sql IS "
    "NOT "
    "NULL";
// Of somebody's own, too, but for keys that keep rows out.
constexpr std::string_view kWithTable =
    "SELECT type, name, '\"' || replace(name, '\"', '\"\"') || '\"', sql FROM sqlite_master WHERE tbl_name = "
    "'1' AND type IN ('index', 'trigger') AND sql NOT LIKE 'CREATE UNIQUE%'";

std::vector<SqliteDatabase::Row> rows_of(const SqliteDatabase& database, std::string_view statement,
                                         const std::string& table) {
  std::string text(statement);
  text.replace(text.find("'1'"), 3, '\'' + table + '\'');
  return database.ask(text);
}

// As the schema has them, in its order.
std::vector<std::string> tables_of(const SqliteDatabase& database) {
  std::vector<std::string> tables;
  for (const auto& row : database.ask(
           "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'greylisting%' ORDER BY rowid"))
    tables.push_back(row.at(0).value_or(""));
  return tables;
}

bool is_view(const SqliteDatabase& database, const std::string& table) {
  return !database.ask("SELECT 1 FROM sqlite_master WHERE type = 'view' AND name = '" + table + '\'').empty();
}

void compare_columns(SqliteDatabase& should, SqliteDatabase& is, const std::string& table,
                     std::vector<TableFault>& faults) {
  for (const auto& row : rows_of(should, kColumns, table)) {
    const std::string name = row.at(0).value_or("");
    const std::string text = should.column(table, name);
    const std::string its = is.column(table, name);
    const bool is_lost = its.empty() && row.at(1) == "1";
    if (its.empty()) {
      faults.push_back({table, "no column " + name + (is_lost ? ", which only a backup can give back" : ""),
                        "", !is_lost});
    } else if (its != text) {
      faults.push_back({table, in_place_of(name, its, text), ""});
    }
  }
}

void compare_unique(const SqliteDatabase& should, const SqliteDatabase& is, const std::string& table,
                    std::vector<TableFault>& faults) {
  const auto set_of = [&table](const SqliteDatabase& database) {
    std::set<std::string> all;
    for (const auto& row : rows_of(database, kUnique, table)) all.insert(row.at(0).value_or("?"));
    return all;
  };
  const auto wanted = set_of(should);
  const auto found = set_of(is);
  for (const std::string& columns : wanted) {
    if (!found.contains(columns)) faults.push_back({table, "no UNIQUE (" + columns + ')', ""});
  }
  for (const std::string& columns : found) {
    if (!wanted.contains(columns))
      faults.push_back({table, "a key that keeps rows out which have the same " + columns, ""});
  }
}

// What has gone with the table that was there, and is not the schema's.
void make_objects_again(SqliteDatabase& database, const std::string& table,
                        const std::vector<SqliteDatabase::Row>& objects) {
  const auto is_there = rows_of(database, kWithTable, table);
  for (const auto& object : objects) {
    const auto has_its_name = [&object](const auto& other) { return other.at(1) == object.at(1); };
    if (std::ranges::any_of(is_there, has_its_name)) continue;
    try {
      database.run(object.at(3).value_or(""));
    } catch (const StoreError& error) {
      const std::string its = object.at(0).value_or("") + ' ' + object.at(2).value_or("");
      throw StoreError(
          std::string(table).append(" has the ").append(its).append(", which cannot be made again: ") +
              error.problem(),
          "sqlite3 " + shell_word(database.file()) + ' ' + shell_word("DROP " + its) +
              "; greylistctl migrate");
    }
  }
}

// As the schema has it, with the rows and with columns, indexes and triggers of somebody's own.
void make_anew(SqliteDatabase& database, const std::string& table) {
  const std::string before = table + "_before";
  const auto objects = rows_of(database, kWithTable, table);
  // Else the views, and the triggers of other tables, would be the former table's.
  database.run("PRAGMA legacy_alter_table = ON");
  database.run(std::string("ALTER TABLE ").append(table).append(" RENAME TO ").append(before));
  database.run("PRAGMA legacy_alter_table = OFF");
  database.run(sql::sqlite_schema);
  std::string columns;
  for (const auto& row : rows_of(database, kDefinitions, before)) {
    const std::string quoted = row.at(1).value_or("");
    if (database.column(table, row.at(0).value_or("")).empty())
      database.run(std::string("ALTER TABLE ")
                       .append(table)
                       .append(" ADD COLUMN ")
                       .append(quoted)
                       .append(" ")
                       .append(row.at(2).value_or("")));
    columns.append(columns.empty() ? "" : ", ").append(quoted);
  }
  try {
    // Of rows that a lost key has let in more than once the last stays, and the version is that of before.
    database.run(std::string("INSERT OR REPLACE INTO ")
                     .append(table)
                     .append(" (")
                     .append(columns)
                     .append(") SELECT ")
                     .append(columns)
                     .append(" FROM ")
                     .append(before));
  } catch (const StoreError& error) {
    throw StoreError(table + " has rows that keep it from being mended: " + error.problem(),
                     how_to_begin_anew(database, table));
  }
  database.run("DROP TABLE " + before);
  make_objects_again(database, table, objects);
}

}  // namespace

std::vector<TableFault> faults_of_tables(SqliteDatabase& database) {
  if (number_of<unsigned>(database.schema_version()) > number_of<unsigned>(sql::kSchemaVersion)) return {};
  SqliteDatabase should(":memory:", std::chrono::milliseconds(0));
  const auto is_there = tables_of(database);
  const bool is_of_this_version = database.schema_version() == sql::kSchemaVersion;
  std::vector<TableFault> faults;
  for (const std::string& table : tables_of(should)) {
    if (is_view(database, table)) {
      faults.push_back({table, "a view in its place", "", false});
      continue;
    }
    if (std::ranges::find(is_there, table) == is_there.end()) {
      // The schema makes it.
      if (is_of_this_version) faults.push_back({table, "been dropped", ""});
      continue;
    }
    compare_columns(should, database, table, faults);
    compare_unique(should, database, table, faults);
    const auto objects = rows_of(database, kObjects, table);
    for (const auto& object : rows_of(should, kObjects, table)) {
      if (std::ranges::find(objects, object) == objects.end())
        faults.push_back({table, "no " + object.at(0).value_or(""), object.at(0).value_or("")});
    }
  }
  return faults;
}

std::string how_to_begin_anew(const SqliteDatabase& database, const std::string& table) {
  const std::string statement = is_view(database, table)
                                    ? "DROP VIEW " + table
                                    : "ALTER TABLE " + table + " RENAME TO " + table + "_damaged";
  return "sqlite3 " + shell_word(database.file()) + " '" + statement + "'; greylistctl migrate";
}

void require_mendable(const SqliteDatabase& database, const std::vector<TableFault>& faults) {
  const auto lost = std::ranges::find(faults, false, &TableFault::can_be_mended);
  if (lost != faults.end())
    throw StoreError(lost->table + " has " + lost->text, how_to_begin_anew(database, lost->table));
}

void mend_tables(SqliteDatabase& database, const std::vector<TableFault>& faults) {
  require_mendable(database, faults);
  const auto is_there = tables_of(database);
  std::set<std::string> tables;
  for (const TableFault& fault : faults) {
    if (std::ranges::find(is_there, fault.table) == is_there.end()) continue;

    // An index or trigger that is another table's, or whose text is another.
    if (!fault.clause.empty()) {
      const auto blank = fault.clause.find(' ');
      database.run("DROP " + fault.clause.substr(0, blank) + " IF EXISTS" + fault.clause.substr(blank));
    } else if (tables.insert(fault.table).second) {
      make_anew(database, fault.table);
    }
  }
  // The plugin reads them anew.
  if (tables.contains("greylisting_lists"))
    database.run(
        "UPDATE greylisting_lists SET ipaddr_start = NULL, ipaddr_end = NULL, ipaddr_prefixsize = NULL");
}

}  // namespace greylisting
