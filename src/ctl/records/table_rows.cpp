#include "ctl/records/table_rows.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kNull = "-";

// Of a statement: SQLite takes a million bytes, MySQL four times as many.
constexpr std::size_t kMaxStatement = 500000;

// Of a statement's condition; SQLite goes a thousand deep.
constexpr std::size_t kMaxConditions = 100;

constexpr std::string_view kRecords = "greylisting_data";

// What reads a column in the form of TableRow. The functions are known to both stores; HEX(NULL) is not the
// same in them.
std::string read(const Column& column) {
  const std::string name(column.name);
  if (column.kind == ColumnKind::number || column.kind == ColumnKind::time)
    return "COALESCE(" + name + ", '" + kNull + "')";
  return "CASE WHEN " + name + " IS NULL THEN '" + kNull + "' ELSE HEX(" + name + ") END";
}

std::string bytes_of(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(digits.data() + i, digits.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

// SQLite stores what it is given, a number or a time or not.
bool is_of(std::string_view value, std::string_view characters) {
  return !value.empty() && value.find_first_not_of(characters) == std::string_view::npos;
}

std::string literal(const Column& column, const std::string& value, sql::Dialect dialect) {
  if (value == kNull) return "NULL";
  switch (column.kind) {
    case ColumnKind::number:
      return is_of(value, "0123456789") ? value : sql::text_literal(value, dialect);
    case ColumnKind::time:
      return is_of(value, "0123456789-: ") ? '\'' + value + '\'' : sql::text_literal(value, dialect);
    case ColumnKind::text:
      return sql::text_literal(bytes_of(value), dialect);
    case ColumnKind::bytes:
      break;
  }
  return "x'" + value + '\'';
}

std::string list_of(const Table& table, std::size_t columns, std::string (*text)(const Column&)) {
  std::string list;
  for (std::size_t i = 0; i < columns; ++i) list.append(i == 0 ? "" : ", ").append(text(table.columns[i]));
  return list;
}

std::string name_of(const Column& column) { return std::string(column.name); }

// Whether a row's key comes after that of `row`, in a form for which an index on the key is enough.
std::string comes_after(const Table& table, const TableRow& row, sql::Dialect dialect,
                        std::size_t column = 0) {
  const std::string name(table.columns[column].name);
  const std::string value = literal(table.columns[column], row[column], dialect);
  if (column + 1 == table.keys) return name + " > " + value;
  return name + " >= " + value + " AND (" + name + " > " + value + " OR (" +
         comes_after(table, row, dialect, column + 1) + "))";
}

std::string has_key(const Table& table, const TableRow& row, sql::Dialect dialect) {
  std::string condition;
  for (std::size_t i = 0; i < table.keys; ++i) {
    condition.append(i == 0 ? "(" : " AND ")
        .append(table.columns[i].name)
        .append(" = ")
        .append(literal(table.columns[i], row[i], dialect));
  }
  return condition + ')';
}

// MySQL's records have a number of their key, as sql/mysql/record.sql gives it; SQLite counts them.
bool needs_number(const Table& table, sql::Dialect dialect) {
  return table.name == kRecords && dialect == sql::Dialect::mysql;
}

std::string number_of(const TableRow& row) {
  Fingerprint key{};
  const std::string bytes = bytes_of(row[0]);
  std::copy_n(bytes.begin(), std::min(bytes.size(), key.size()), key.begin());
  return std::to_string(sql::record_id(key));
}

}  // namespace

const std::vector<Table>& tables() {
  using enum ColumnKind;
  static const std::vector<Table> tables{
      {"greylisting_lists",
       1,
       {{"id", number},
        {"ipaddr", text},
        {"rcpt_to", text},
        {"block_expires", time},
        {"record_expires", time},
        {"create_time", time},
        {"last_update", time},
        {"comment", text}}},
      {"greylisting_entries",
       1,
       {{"id", number},
        {"action", text},
        {"kind", text},
        {"pattern", text},
        {"subject", bytes},
        {"network_end", bytes},
        {"specificity", number},
        {"block_expire", number},
        {"reply", text},
        {"expires", time},
        {"create_time", time},
        {"last_update", time},
        {"comment", text}}},
      {"greylisting_clients",
       1,
       {{"client", bytes},
        {"identity", text},
        {"member_of", bytes},
        {"passes", number},
        {"counted", time},
        {"expires", time},
        {"trapped_until", time},
        {"create_time", time}}},
      {"greylisting_expected",
       1,
       {{"expected", bytes},
        {"who", number},
        {"sender", text},
        {"recipient", text},
        {"expires", time},
        {"create_time", time}}},
      {kRecords,
       1,
       {{"triplet", bytes},
        {"relay_ip", bytes},
        {"pending_network", bytes},
        {"pool", text},
        {"mail_from", text},
        {"rcpt_to", text},
        {"block_expires", time},
        {"record_expires", time},
        {"blocked_count", number},
        {"passed_count", number},
        {"aborted_count", number},
        {"create_time", time},
        {"last_update", time}}},
      {"greylisting_history",
       4,
       {{"period", time}, {"kind", text}, {"name", text}, {"host", text}, {"total", number}}},
  };
  return tables;
}

std::strong_ordering compare_keys(const Table& table, const TableRow& a, const TableRow& b) {
  for (std::size_t i = 0; i < table.keys; ++i) {
    // Digits of a greater number are more, or greater ones.
    if (table.columns[i].kind == ColumnKind::number && a[i].size() != b[i].size())
      return a[i].size() <=> b[i].size();
    if (const auto order = a[i] <=> b[i]; std::is_neq(order)) return order;
  }
  return std::strong_ordering::equal;
}

std::string key_text(const Table& table, const TableRow& row) {
  std::string text;
  for (std::size_t i = 0; i < table.keys; ++i) {
    const Column& column = table.columns[i];
    text.append(i == 0 ? "" : " ").append(column.name).append("=");
    text += column.kind == ColumnKind::text    ? printable(bytes_of(row[i]))
            : column.kind == ColumnKind::bytes ? hexadecimal(bytes_of(row[i]))
                                               : row[i];
  }
  return text;
}

std::string whole_text(const TableRow& row) {
  std::string text;
  for (const std::string& value : row) text.append(value).append("\n");
  return text;
}

std::vector<TableRow> rows_after(Administration& store, const Table& table, const TableRow* after,
                                 std::size_t limit) {
  std::string statement = "SELECT " + list_of(table, table.columns.size(), read) + " FROM ";
  statement.append(table.name);
  if (after != nullptr) statement += " WHERE " + comes_after(table, *after, store.dialect());
  statement += " ORDER BY " + list_of(table, table.keys, name_of) + " LIMIT " + std::to_string(limit);
  return store.ask(statement, table.columns.size());
}

std::uint64_t count_rows(Administration& store, const Table& table) {
  return store.count(std::string(table.name));
}

bool has_table(Administration& store, std::string_view table) {
  return !store
              .ask((store.dialect() == sql::Dialect::mysql ? "SELECT 1 FROM information_schema.tables WHERE "
                                                             "table_schema = DATABASE() AND table_name = '"
                                                           : "SELECT 1 FROM sqlite_master WHERE name = '") +
                       std::string(table) + '\'',
                   1)
              .empty();
}

bool has_rows(Administration& store, const Table& table) {
  return has_table(store, table.name) &&
         !store.ask("SELECT 1 FROM " + std::string(table.name) + " LIMIT 1", 1).empty();
}

void put_rows(Administration& store, const Table& table, const std::vector<TableRow>& rows) {
  const sql::Dialect dialect = store.dialect();
  const bool is_numbered = needs_number(table, dialect);
  const std::string begin = "REPLACE INTO " + std::string(table.name) + " (" + (is_numbered ? "id, " : "") +
                            list_of(table, table.columns.size(), name_of) + ") VALUES ";
  std::string statement = begin;
  for (const TableRow& row : rows) {
    if (statement.size() > kMaxStatement) {
      store.ask(statement);
      statement = begin;
    }
    statement += statement.size() == begin.size() ? "(" : ",(";
    if (is_numbered) statement.append(number_of(row)).append(",");
    for (std::size_t i = 0; i < row.size(); ++i)
      statement.append(i == 0 ? "" : ",").append(literal(table.columns[i], row[i], dialect));
    statement += ')';
  }
  if (statement.size() > begin.size()) store.ask(statement);
}

void delete_rows(Administration& store, const Table& table, const std::vector<TableRow>& rows) {
  std::string condition;
  std::size_t size = 0;
  for (const TableRow& row : rows) {
    condition.append(condition.empty() ? "" : " OR ").append(has_key(table, row, store.dialect()));
    if (++size % kMaxConditions != 0 && &row != &rows.back()) continue;
    store.ask("DELETE FROM " + std::string(table.name) + " WHERE " + condition);
    condition.clear();
  }
}

}  // namespace greylisting::ctl
