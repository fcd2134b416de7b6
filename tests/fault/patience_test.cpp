// How long greylistctl waits for a server that lets nobody in, has stopped or holds its tables locked: cron
// starts it again and again.

#include <sys/wait.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/administration/mysql_administration.h"
#include "settings/settings.h"
#include "store/mysql_connection.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/silent_server.h"

namespace greylisting::test {
namespace {

std::filesystem::path option_file_for(const Installation& installation, const std::string& user,
                                      const std::filesystem::path& socket) {
  const auto file = installation.home() / "control" / (user + ".cnf");
  write_file(file, "[client]\nuser=" + user + "\nsocket=" + socket.string() + '\n', 0600);
  return file;
}

}  // namespace

TEST_CASE("a connection of greylistctl waits no longer than it is told", "[fault][patience]") {
  DatabaseServer server(ServerKind::mariadb);
  const Installation installation(server);
  const std::string file = installation.home() / "control/mysql-admin.cnf";
  {
    const SilentServer silent(installation.home() / "silent");
    CHECK_THROWS_AS(MysqlConnection(option_file_for(installation, "silent", installation.home() / "silent"),
                                    "mysql_admin_file", {.connect = 1}),
                    ConnectionError);
  }

  MysqlConnection holder(option_file_for(installation, "root", server.socket()));
  holder.run("FLUSH TABLES WITH READ LOCK");
  const std::string change = "UPDATE greylisting_meta SET value = value WHERE FALSE";
  CHECK_THROWS_WITH(MysqlConnection(file, "mysql_admin_file", {.lock = 1}).run(change),
                    Catch::Contains("(error 1205)"));
  holder.run("UNLOCK TABLES");
  CHECK_NOTHROW(MysqlConnection(file, "mysql_admin_file", {.lock = 1}).run(change));

  MysqlConnection connection(file, "mysql_admin_file", {.answer = 1});
  connection.run("DO 0");
  kill(server.pid(), SIGSTOP);
  waitpid(server.pid(), nullptr, WUNTRACED);  // until its last thread has stopped
  CHECK_THROWS_WITH(connection.run("DO 0"), Catch::Contains("(error 2013)"));
  kill(server.pid(), SIGCONT);
}

TEST_CASE("greylistctl waits for a locked table as long as it says, or as the server does",
          "[fault][patience]") {
  DatabaseServer& server = DatabaseServer::shared(GENERATE(ServerKind::mariadb, ServerKind::mysql56));
  const Installation installation(server);
  Settings settings;
  settings.mysql_default_file = installation.home() / "control/mysql.cnf";
  settings.mysql_admin_file = installation.home() / "control/mysql-admin.cnf";
  const auto seconds = [&](Patience patience) {
    return open_administration(settings, patience)->ask("SELECT @@lock_wait_timeout", 1).at(0).at(0);
  };
  CHECK(seconds(Patience::for_a_look) == "10");
  CHECK(seconds(Patience::for_long_statements) == "30");
  const GlobalVariable less(server, "lock_wait_timeout", "3");
  CHECK(seconds(Patience::for_long_statements) == "3");
}

// By a limit in the option file, which is shorter than the one that each has by itself.
TEST_CASE("what cron runs ends where a server lets nobody in", "[fault][patience]") {
  for (const Patience patience : {Patience::for_a_look, Patience::for_long_statements})
    CHECK(mysql_patience(patience).connect > 0);
  Installation installation(Backend::mariadb, "timeout=500");
  const std::filesystem::path socket = installation.home() / "silent";
  const SilentServer silent(socket);
  for (const char* const name : {"mysql", "mysql-admin"})
    write_file(installation.home() / "control" / (std::string(name) + ".cnf"),
               "[client]\nuser=x\nconnect-timeout=1\nsocket=" + socket.string() + '\n', 0600);
  const std::array<std::string, 4> subcommands{"check", "metrics", "status", "cleanup"};
  std::array<Result, 4> results;
  {
    std::vector<std::jthread> all;
    for (std::size_t i = 0; i < subcommands.size(); ++i)
      all.emplace_back([&, i] { results.at(i) = ctl(installation, {subcommands.at(i)}); });
  }
  for (std::size_t i = 0; i < subcommands.size(); ++i) {
    CAPTURE(subcommands.at(i), results.at(i).output, results.at(i).errors);
    CHECK(results.at(i).status == 1);
    CHECK_THAT(results.at(i).output + results.at(i).errors,
               Catch::Contains("see whether the database is running"));
  }
}

}  // namespace greylisting::test
