#include "store/mysql_remedies.h"

#include <mysql.h>

#include <algorithm>
#include <array>

#include "store/sql.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

#ifdef MARIADB_PACKAGE_VERSION
constexpr const char* kEncryptingLine = "ssl-enforce=1";
#else
constexpr const char* kEncryptingLine = "ssl-mode=REQUIRED";
#endif

constexpr std::string_view kStart = "start the database, or correct socket, host and port :file";
constexpr std::string_view kClosedSocket =
    "have whoever this runs as reach the socket: chmod a+x every directory on the way to it; or correct "
    "socket "
    ":file";
constexpr std::string_view kLook = "see whether the database is running and what its log says";
constexpr std::string_view kLost =
    "see whether the database is running and what its log says; where it is, take out or raise a low "
    "max-allowed-packet :file";
constexpr std::string_view kEnded = "see who or what ends sessions and statements on the database";
constexpr std::string_view kNotDatabase =
    "correct socket, host and port :file: what answers there is no database that this client library knows";
constexpr std::string_view kPassword =
    "correct user and password :file; sql/mysql/grants.sql creates the account; where the account has "
    "REQUIRE SSL, "
    "add the line :encrypting_line";
constexpr std::string_view kEncrypt = "the server wants encryption: add the line :encrypting_line :file";
constexpr std::string_view kGrant =
    "grant the account what sql/mysql/grants.sql grants the plugin's, or greylistctl's (mysql_admin_file)";
constexpr std::string_view kNoDatabase =
    "name the database (database=) :file; sql/mysql/grants.sql creates it";
constexpr std::string_view kOneVersion =
    "bring the database and this program to one version: greylistctl migrate does so, or says what to "
    "install";
constexpr std::string_view kNoPlugin =
    "this client library cannot log in to such an account; ALTER USER ... IDENTIFIED WITH a plugin that it "
    "has: "
    "caching_sha2_password, the only one of Oracle's library from version 9 on, or mysql_native_password "
    "with "
    "MariaDB's";
constexpr std::string_view kOthers =
    "others keep changing the same record, or hold a table locked: see who, in SHOW PROCESSLIST, and "
    "whether a backup (FLUSH TABLES WITH READ LOCK) goes on";
constexpr std::string_view kExpired =
    "its password has expired: set one anew (SET PASSWORD FOR the account), which is also written :file, and "
    "have the server's administrator SET GLOBAL default_password_lifetime = 0";
constexpr std::string_view kLocked = "as the server's administrator: ALTER USER the account ACCOUNT UNLOCK";
constexpr std::string_view kPacket =
    "as the server's administrator: SET GLOBAL max_allowed_packet = 16777216; and the same in its "
    "configuration";
constexpr std::string_view kOnlyReads = "connect to a server that takes writes, or make this one writable";
constexpr std::string_view kNoRoom = "make room on the database's disk";
constexpr std::string_view kCannotWrite =
    "see whether the database's disk is full or can only be read, and what the database's own log says";
constexpr std::string_view kRepair =
    "repair the table, then: greylistctl migrate (it makes it an InnoDB table)";
constexpr std::string_view kTooSlow =
    "as the server's administrator: raise the limit for statements, max_statement_time or "
    "max_execution_time, of "
    "the server or of this account";

constexpr std::string_view kNoMemory =
    "give the database's host more memory, or have the database use less (innodb_buffer_pool_size, "
    "max_connections)";
constexpr std::string_view kOldPassword =
    "its password is in the format of MySQL 4.0: as the server's administrator SET old_passwords = 0, then "
    "SET "
    "PASSWORD FOR the account = PASSWORD('...')";
constexpr std::string_view kBlocked =
    "correct user and password :file, which were wrong too often; then as the server's administrator: ALTER "
    "USER "
    "the account ACCOUNT UNLOCK (MySQL), FLUSH PRIVILEGES (MariaDB)";
constexpr std::string_view kInitCommand =
    "correct or take out init-command :file; where there is none, see what the database's own log says";

// By numbers, because no client library has a name for all of them.
constexpr std::array<MysqlRemedy, 83> kRemedies{{
    {126, kRepair},  // what MyISAM and Aria call a table that has crashed
    {145, kRepair},
    {1020, kOthers},  // MariaDB 11.6, innodb_snapshot_isolation
    {1021, kNoRoom},
    {1026, kCannotWrite},
    {1030, kCannotWrite},  // what most engines say of any error of a file
    {1034, kRepair},
    {1036, kOnlyReads},
    {1037, kNoMemory},
    {1040, "raise max_connections of the database"},
    {1041, kNoMemory},
    {1042,
     "have this host's address resolve on the server; or as its administrator put skip_name_resolve in its "
     "configuration"},
    {1044,
     "correct database :file; or grant the account what sql/mysql/grants.sql grants the plugin's, or "
     "greylistctl's (mysql_admin_file)"},
    {1045, kPassword},
    {1046, kNoDatabase},
    {1047,  // Galera
     "this node of the cluster is joining it or has lost it: see wsrep_local_state_comment and "
     "wsrep_cluster_status in its SHOW STATUS, or name another node :file"},
    {1049, kNoDatabase},
    {1053, kLook},
    {1054, kOneVersion},
    {1064, kInitCommand},
    {1114, kNoRoom},
    {1129,
     "as the server's administrator: FLUSH HOSTS (from MySQL 8.4 on TRUNCATE TABLE "
     "performance_schema.host_cache); then see what has kept this host from logging in"},
    {1130,
     "the server has no account for this host: sql/mysql/grants.sql creates one, with the host in place of "
     "localhost"},
    {1135, "let the database have more threads (ulimit -u, TasksMax of its unit), and memory for them"},
    {1142, kGrant},
    {1143, kGrant},
    {1146, kOneVersion},
    {1153, kPacket},
    {1184,
     "have the server's administrator correct init_connect; the server's log says what is wrong with it"},
    {1193, kInitCommand},
    {1194, kRepair},
    {1195, kRepair},
    {1203, "raise max_user_connections of the database"},
    {1205, kOthers},
    {1206, "raise innodb_buffer_pool_size of the database: its table of locks is in it"},
    {1213, kOthers},
    {1226,
     "as the server's administrator: raise or take away this limit of the account (ALTER USER the account "
     "WITH "
     "...; in MySQL 5.6 GRANT USAGE ON *.* TO the account WITH ...)"},
    {1227, kGrant},
    {1231, "correct or take out init-command and default-character-set :file"},
    {1251, kNoPlugin},
    {1275, kOldPassword},
    {1290, kOnlyReads},
    {1317, kEnded},
    {1419,
     "as the server's administrator: SET GLOBAL log_bin_trust_function_creators = 1; then: greylistctl "
     "migrate"},
    {1449, "the account that made the triggers is gone: greylistctl migrate makes them anew"},
    {1524,
     "as the server's administrator: have the server load that plugin (MariaDB: INSTALL SONAME; MySQL 8.4: "
     "mysql_native_password=ON in its configuration), or ALTER USER the account IDENTIFIED WITH another one"},
    {1665,
     "as the server's administrator: SET GLOBAL binlog_format = 'MIXED'; and the same in its configuration"},
    {1698,
     "name an account with a password :file: this one is for the system's user of its name alone "
     "(unix_socket, auth_socket); sql/mysql/grants.sql creates one"},
    {1792,
     "as the server's administrator: SET GLOBAL tx_read_only = 0 (in MySQL 8 transaction_read_only); and the "
     "same in its configuration"},
    {1820, kExpired},
    {1836, kOnlyReads},
    {1862, kExpired},
    {1874, kOnlyReads},
    {1927, kEnded},
    {1969, kTooSlow},
    {2002, kStart},
    {2003, kStart},
    {2004, kStart},
    {2005, kStart},
    {2006, kLook},
    {2007, kNotDatabase},
    {2008, "raise the memory limit (softlimit -m)"},
    {2012, kNotDatabase},
    {2013, kLost},
    {2019, "correct or take out default-character-set and character-sets-dir :file"},
    {2020, kPacket},
    {2026,
     "see the ssl- lines :file, and the certificate of the server; docs/installation.md, \"Encrypted "
     "connections\", says what each line wants"},
    {2027, kNotDatabase},
    {2049, kOldPassword},
    {2055, kLook},
    {2059, kNoPlugin},
    {2061, kNoPlugin},
    {3024, kTooSlow},
    {3032, "the server is in offline mode; as its administrator: SET GLOBAL offline_mode = 0"},
    {3101, kOthers},  // MySQL's group replication
    {3118, kLocked},
    {3159, kEncrypt},
    {3955, kBlocked},
    {4031,
     "the database ends sessions that wait for longer than its wait_timeout: do it again, or raise that"},
    {4150, kBlocked},
    {4151, kLocked},
    {5010, kNotDatabase},
    {5012, kNoPlugin},
}};
static_assert(std::ranges::is_sorted(kRemedies, {}, &MysqlRemedy::error));

// Some libraries say so with the error for a wrong password.
bool lacks_authentication_plugin(std::string_view message) {
  return message.find("could not be loaded") != std::string_view::npos;
}

// EACCES, which means that the database may well be running.
bool is_closed_socket(unsigned error, std::string_view message) {
  return error == 2002 && message.find("(13)") != std::string_view::npos;
}

// ENOSPC: `Got error 28 from storage engine`, `(Errcode: 28 "No space left on device")`.
bool is_full_disk(unsigned error, std::string_view message) {
  const auto number = message.find(" 28");
  const bool has_number = number != std::string_view::npos &&
                          (number + 3 == message.size() || !ascii::is_digit(message[number + 3]));
  return (error == 1026 || error == 1030) && has_number;
}

// What MyISAM and Aria call a table that has crashed: `Got error 145 "Table was marked as crashed …" from
// storage engine`.
bool is_crash(unsigned error, std::string_view message) {
  constexpr std::array<std::string_view, 5> kCrashes{"126", "127", "134", "144", "145"};
  constexpr std::string_view kBegin = "Got error ";
  if (error != 1030 || !message.starts_with(kBegin)) return false;
  message.remove_prefix(kBegin.size());
  return std::ranges::find(kCrashes, message.substr(0, message.find(' '))) != kCrashes.end();
}

std::string_view text_for(unsigned error, std::string_view message) {
  if (lacks_authentication_plugin(message)) return kNoPlugin;
  if (is_closed_socket(error, message)) return kClosedSocket;
  if (is_full_disk(error, message)) return kNoRoom;
  if (is_crash(error, message)) return kRepair;
  const auto* const row = std::ranges::lower_bound(kRemedies, error, {}, &MysqlRemedy::error);
  if (row != kRemedies.end() && row->error == error) return row->remedy;
  // The client library's own, of which the server knows nothing.
  return error >= 2000 && error < 3000 ? "see the lines :file, and whether the database is running"
                                       : "see what the database's own log says of this error";
}

}  // namespace

std::span<const MysqlRemedy> mysql_remedies() { return kRemedies; }

std::string mysql_remedy(unsigned error, std::string_view message, const std::string& option_file) {
  const std::string file =
      option_file.empty() ? "in an option file (mysql_default_file)" : "in " + option_file;
  return sql::with_literals(text_for(error, message), {{"file", file}, {"encrypting_line", kEncryptingLine}});
}

}  // namespace greylisting
