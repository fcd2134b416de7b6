// The plugin as the program named in RCPTCHECK: what its host sees of it.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;

struct Seen {
  int status = 0;
  std::string reply;  // on descriptor 4
  std::string log;
};

// As the host starts it; standard output is standard error.
Seen run_as_rcptcheck(const Installation& installation, std::map<std::string, std::string> environment) {
  environment.insert({{"GREYLISTING", ""},
                      {"TCPREMOTEIP", "192.0.2.1"},
                      {"SENDER", "alice@example.net"},
                      {"RECIPIENT", "bob@example.org"}});
  const std::filesystem::path reply = installation.home() / "reply";
  const Result result = run({.arguments = {"sh", "-c", "exec \"$0\" 4> reply >&2", built("greylisting")},
                             .environment = environment,
                             .directory = installation.home()});
  CHECK(result.output.empty());
  return {.status = result.status, .reply = read_file(reply), .log = result.errors};
}

}  // namespace

TEST_CASE("RCPTCHECK: deferred, then accepted", "[rcptcheck]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::sqlite);
  const Installation installation(backend, "block_expire=5\nheader=x-greylist\n");
  Seen seen = run_as_rcptcheck(installation, {});
  CHECK(seen.status == 111);
  CHECK(seen.reply.empty());
  CHECK_THAT(seen.log, Contains("outcome=deferred reason=new client=192.0.2.1") &&
                           Contains("sender=alice@example.net recipient=bob@example.org"));

  seen = run_as_rcptcheck(installation, {{"USE_FD4", "1"}, {"HELO", "mx.example.net"}});
  CHECK(seen.status == 100);
  CHECK(seen.reply == "451 temporary failure (#4.3.0)\n");
  CHECK_THAT(seen.log, Contains("reason=early") && Contains("helo=mx.example.net"));

  installation.pass_time(std::chrono::minutes(6));
  seen = run_as_rcptcheck(installation, {{"USE_FD4", "1"}});
  CHECK(seen.status == 0);
  CHECK(seen.reply.empty());
  CHECK_THAT(seen.log, Contains("reason=retried"));
}

TEST_CASE("RCPTCHECK: rejected, and not asked for a client that may relay", "[rcptcheck]") {
  const Installation installation(Backend::sqlite);
  CHECK(run_as_rcptcheck(installation, {{"GREYLISTING", "554 never"}}).status == 100);
  CHECK(run_as_rcptcheck(installation, {{"GREYLISTING", "554 never"}, {"USE_FD4", "1"}}).reply ==
        "554 never\n");
  const Seen relay = run_as_rcptcheck(installation, {{"RELAYCLIENT", ""}});
  CHECK(relay.status == 0);
  CHECK(relay.log.empty());
}

TEST_CASE("RCPTCHECK: whom a client writes to that may relay is expected to answer", "[rcptcheck]") {
  const Installation installation(Backend::sqlite);
  run_as_rcptcheck(installation, {{"RELAYCLIENT", ""}});
  for (int i = 0; i < 3000 && installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"0"}};
       ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const Rcpt answer{.sender = "bob@example.org", .recipient = "alice@example.net"};
  CHECK(logged(installation.attempt(answer), "reason") == "expected");
}

TEST_CASE("RCPTCHECK: a store that does not answer in time", "[rcptcheck]") {
  const Installation installation(Backend::sqlite);
  // A server that takes connections and says nothing.
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const std::string path = installation.home() / "silent";
  REQUIRE(path.copy(address.sun_path, sizeof address.sun_path - 1) == path.size());
  const int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(bind(silent, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(silent, 8) == 0);
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nuser=x\npassword=x\nsocket=" + path + '\n');
  const std::string settings = "timeout=200\nmysql_default_file=control/mysql.cnf\n";

  write_file(installation.home() / "control/greylisting", settings);
  CHECK(run_as_rcptcheck(installation, {{"USE_FD4", "1"}}).status == 0);
  write_file(installation.home() / "control/greylisting", settings + "on_error=defer\n");
  std::filesystem::remove(installation.home() / "greylisting/mysql-unreachable");
  const Seen seen = run_as_rcptcheck(installation, {{"USE_FD4", "1"}});
  CHECK(seen.status == 100);
  CHECK(seen.reply == "451 greylisting is out of order, please try again later (#4.3.0)\n");
  CHECK_THAT(seen.log, Contains("no decision within timeout=200 ms"));
  close(silent);
}

TEST_CASE("RCPTCHECK: a store that cannot be opened", "[rcptcheck]") {
  const Installation installation(Backend::sqlite, "sqlite_file=missing/greylisting.db\n");
  CHECK(run_as_rcptcheck(installation, {{"USE_FD4", "1"}}).status == 0);
  write_file(installation.home() / "control/greylisting",
             "on_error=defer\nsqlite_file=missing/greylisting.db\n");
  CHECK(run_as_rcptcheck(installation, {}).status == 111);
  const Seen seen = run_as_rcptcheck(installation, {{"USE_FD4", "1"}});
  CHECK(seen.status == 100);
  CHECK(seen.reply == "451 greylisting is out of order, please try again later (#4.3.0)\n");
}

}  // namespace greylisting::test
