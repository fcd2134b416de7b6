// table_rows: the rows of a store's tables, in a form in which a row is the same text in every store.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

enum class ColumnKind { number, time, text, bytes };

struct Column {
  std::string_view name;
  ColumnKind kind;
};

struct Table {
  std::string_view name;
  std::size_t keys;  // how many of the columns, the first of them, tell its rows apart
  std::vector<Column> columns;
};

/// The tables of the schema but for greylisting_meta, with the columns that mean something: without
/// greylisting_data.id, a number that each store gives for itself, and without what each store makes of
/// greylisting_lists.ipaddr for itself.
const std::vector<Table>& tables();

/// The values of a row: numbers as digits, times as `YYYY-MM-DD hh:mm:ss` in UTC, texts and bytes as
/// hexadecimal digits, NULL as `-`.
using TableRow = Administration::Row;

/// Whose key comes first.
std::strong_ordering compare_keys(const Table& table, const TableRow& a, const TableRow& b);

/// `id=17`, `triplet=0c1d…`
std::string key_text(const Table& table, const TableRow& row);

/// All of a row as one text.
std::string whole_text(const TableRow& row);

/// Each statement is a transaction of its own. They throw StoreError.
///
/// The first `limit` rows by key, after that of `after`; from the beginning when `after` is null.
std::vector<TableRow> rows_after(Administration& store, const Table& table, const TableRow* after,
                                 std::size_t limit);
std::uint64_t count_rows(Administration& store, const Table& table);
bool has_table(Administration& store, std::string_view table);
/// False as well where there is no such table.
bool has_rows(Administration& store, const Table& table);

/// Adds the rows, in the place of those with which they cannot stand together. Where a value does not fit its
/// column, what fits of it is stored.
void put_rows(Administration& store, const Table& table, const std::vector<TableRow>& rows);
void delete_rows(Administration& store, const Table& table, const std::vector<TableRow>& rows);

}  // namespace greylisting::ctl
