#include "server_settings.h"

#include <algorithm>

namespace greylisting::test {

std::vector<ServerSetting> server_settings(ServerKind kind) {
  constexpr bool kOfMariadb = true;
  std::vector<ServerSetting> all{
      {"sql_mode=ORACLE", {{"sql_mode", "'ORACLE'"}}, "", kOfMariadb},
      {"sql_mode=ANSI", {{"sql_mode", "'ANSI'"}}},
      {"empty text is NULL",
       {{"sql_mode", "'EMPTY_STRING_IS_NULL,SIMULTANEOUS_ASSIGNMENT'"}},
       "",
       kOfMariadb},
      {"sql_mode=PAD_CHAR_TO_FULL_LENGTH", {{"sql_mode", "'PAD_CHAR_TO_FULL_LENGTH'"}}},
      {"sql_mode=NO_BACKSLASH_ESCAPES",
       {{"sql_mode",
         "'NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE,IGNORE_SPACE,NO_UNSIGNED_SUBTRACTION'"}}},
      {"a strict sql_mode", {{"sql_mode", "'TRADITIONAL,STRICT_ALL_TABLES,ONLY_FULL_GROUP_BY'"}}},
      {"autocommit=0", {{"autocommit", "0"}}},
      {"autocommit=0 by init_connect", {{"init_connect", "'SET autocommit = 0, sql_mode = ''ANSI'''"}}},
      {"autocommit=0 by init-command", {}, "SET autocommit = 0, time_zone = '-11:00', NAMES utf8"},
      {"a transaction by init_connect", {{"init_connect", "'BEGIN'"}}},
      {"a transaction by init-command", {}, "START TRANSACTION"},
      {"a clock that stands still", {{"init_connect", "'SET timestamp = 1000000000'"}}},
      {"a time zone whose clock has just gone back", {{"time_zone", "'greylisting/changing'"}}},
      {"sql_safe_updates", {{"sql_safe_updates", "1"}}},
      {"sql_select_limit=1", {{"sql_select_limit", "1"}}},
      {"max_join_size=1", {{"max_join_size", "1"}}},
      {"completion_type=CHAIN", {{"completion_type", "1"}}},
      {"completion_type=RELEASE", {{"completion_type", "2"}}},
      {"tx_isolation=SERIALIZABLE", {{"tx_isolation", "'SERIALIZABLE'"}}},
      {"tx_isolation=READ-UNCOMMITTED", {{"tx_isolation", "'READ-UNCOMMITTED'"}}},
  };
  if (kind != ServerKind::mariadb) std::erase_if(all, [](const auto& each) { return each.is_of_mariadb; });
  return all;
}

void make_changing_zone(const DatabaseServer& server) {
  const std::string zone = "4711";
  server.sql(
      "mysql",
      "DELETE FROM time_zone_name WHERE Name = 'greylisting/changing';"
      "DELETE FROM time_zone WHERE Time_zone_id = " +
          zone +
          ";"
          "DELETE FROM time_zone_transition WHERE Time_zone_id = " +
          zone +
          ";"
          "DELETE FROM time_zone_transition_type WHERE Time_zone_id = " +
          zone +
          ";"
          "INSERT INTO time_zone (Time_zone_id, Use_leap_seconds) VALUES (" +
          zone +
          ", 'N');"
          "INSERT INTO time_zone_name (Name, Time_zone_id) VALUES ('greylisting/changing', " +
          zone +
          ");"
          "INSERT INTO time_zone_transition_type (Time_zone_id, Transition_type_id, `Offset`, Is_DST, "
          "Abbreviation) VALUES (" +
          zone + ", 0, 7200, 1, 'GST'), (" + zone +
          ", 1, 3600, 0, 'GT');"
          "INSERT INTO time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES (" +
          zone + ", 0, 0), (" + zone + ", UNIX_TIMESTAMP() - 1800, 1); FLUSH TABLES");
}

InForce::InForce(const DatabaseServer& server, const ServerSetting& setting) {
  for (const auto& [name, value] : setting.variables) variables_.emplace_back(server, name, value);
}

}  // namespace greylisting::test
