// mysql_triggers: the two triggers of greylisting_lists, by which entries that people write in SQL come to
// count.
#pragma once

#include <string>

#include "store/mysql_connection.h"

namespace greylisting {

/// Why such entries do not come to count, tried by one in a transaction that is rolled back (the table's
/// engine has to be InnoDB). Empty when they do. Throws StoreError when such an entry may not be made at all.
std::string fault_of_triggers(MysqlConnection& connection);

/// The command that makes tables and triggers, after what a server with a binary log wants for triggers.
std::string how_to_migrate(MysqlConnection& connection);

}  // namespace greylisting
