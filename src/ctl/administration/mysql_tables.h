// mysql_tables: whether the tables in MySQL or MariaDB are still what sql/mysql/schema.sql makes them, and
// how what a hand has done to them is mended.
#pragma once

#include <string>
#include <vector>

#include "store/mysql_connection.h"
#include "store/table_fault.h"

namespace greylisting {

/// What of the tables that are there is otherwise than the schema has it: a fault for each column and key,
/// those of a table together. None are the character sets and the wider numbers of greylisting 0.5, and
/// columns and keys of somebody's own but for keys that keep rows out.
std::vector<TableFault> faults_of_tables(MysqlConnection& connection);

/// Mends them, each table by one ALTER TABLE; of rows that a lost key has let in more than once the first
/// stays. Throws StoreError where rows keep a table from being mended, and at the end as require_mendable.
void mend_tables(MysqlConnection& connection, const std::vector<TableFault>& faults);

/// Throws StoreError where nothing says what the rows of a table had in a column that is lost.
void require_mendable(MysqlConnection& connection, const std::vector<TableFault>& faults);

/// What to do about a table that cannot be mended.
std::string how_to_begin_anew(MysqlConnection& connection, const std::string& table);

}  // namespace greylisting
