// sqlite_tables: whether the tables in an SQLite file are still what sql/sqlite/schema.sql makes them, and
// how what a hand has done to them is mended.
#pragma once

#include <string>
#include <vector>

#include "store/sqlite_database.h"
#include "store/table_fault.h"

namespace greylisting {

/// What of the tables that are there, and of their indexes and triggers, is otherwise than the schema has it,
/// the faults of a table together. Columns of somebody's own are none, nor is what a later version has made.
std::vector<TableFault> faults_of_tables(SqliteDatabase& database);

/// Makes the faulty tables anew within the open transaction, with all their rows; the schema, which is run
/// after it, makes their indexes and triggers. Throws StoreError where rows keep a table from that, and as
/// require_mendable.
void mend_tables(SqliteDatabase& database, const std::vector<TableFault>& faults);

/// Throws StoreError where nothing says what the rows of a table had in a column that is lost.
void require_mendable(const SqliteDatabase& database, const std::vector<TableFault>& faults);

/// What to do about a table that cannot be mended.
std::string how_to_begin_anew(const SqliteDatabase& database, const std::string& table);

}  // namespace greylisting
