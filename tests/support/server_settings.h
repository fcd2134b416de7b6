// server_settings: what an administrator may have set a database server, or an option file, to, by which
// nothing that greylisting does may change.
#pragma once

#include <list>
#include <string>
#include <utility>
#include <vector>

#include "database_server.h"

namespace greylisting::test {

struct ServerSetting {
  std::string name;
  std::vector<std::pair<std::string, std::string>> variables;  // global ones, and values in SQL
  std::string init_command{};                                  // for an option file
  bool is_of_mariadb = false;                                  // MySQL has no such thing
};

/// Those that a server of this kind knows.
std::vector<ServerSetting> server_settings(ServerKind kind);

/// Has the server's clock go back by an hour half an hour ago, in the time zone `greylisting/changing`: what
/// was an hour ago and what is now have the same local time.
void make_changing_zone(const DatabaseServer& server);

/// The variables of a setting for as long as this lives.
class InForce {
 public:
  InForce(const DatabaseServer& server, const ServerSetting& setting);

 private:
  std::list<GlobalVariable> variables_;
};

}  // namespace greylisting::test
