// What a host can do to the plugin: closed streams, tight limits, files that are none. The status is 0 all
// the same, and what is wrong is said in one line.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

auto either_store() { return GENERATE(Backend::mariadb, Backend::sqlite); }

}  // namespace

TEST_CASE("whichever standard streams are closed, the decision is made and recorded", "[fault]") {
  const Installation installation(either_store());
  CAPTURE(name(installation.backend()));
  int attempts = 0;
  for (const std::vector<int>& closed :
       std::vector<std::vector<int>>{{0}, {1}, {2}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}}) {
    CAPTURE(closed);
    const auto is_open = [&closed](int stream) { return std::ranges::find(closed, stream) == closed.end(); };
    Command command = guarded(installation);
    command.closed = closed;
    const Result result = run(command);
    ++attempts;
    CHECK(result.status == 0);
    CHECK(result.output == (is_open(1) ? kAnswer : ""));
    CHECK(lines(result.errors) == (is_open(2) ? 1 : 0));
    CHECK(blocked_count(installation) == std::to_string(attempts) + '\n');
  }
}

TEST_CASE("a reader of the answer that has gone ends nothing by a signal", "[fault]") {
  const Installation installation(either_store());
  CAPTURE(name(installation.backend()));
  const bool is_broken = GENERATE(false, true);
  if (is_broken) installation.sql("DROP TABLE greylisting_data");
  // A FIFO that is open for writing and has no reader any more. The tests ignore SIGPIPE; a host may not.
  const Result result = run(guarded(installation, {.environment = {{"GLONERROR", "defer"}}},
                                    {"sh", "-c",
                                     "mkfifo fifo; exec 3<>fifo 4>fifo 3<&-;"
                                     "exec env --default-signal=PIPE \"$0\" >&4"}));
  CHECK(result.status == 0);
  CHECK(lines(result.errors) == 1);
  if (!is_broken) CHECK(blocked_count(installation) == "1\n");
}

TEST_CASE("the limits that qmail-smtpd is run under are enough", "[fault]") {
  const Installation installation(either_store());
  CAPTURE(name(installation.backend()));
  if (kIsSanitized) WARN("SKIPPED: softlimit -m; sanitizers take more address space than any limit");
  decides(installation, "new", kIsSanitized ? Strings{} : Strings{"softlimit", "-m", "32000000"});
  decides(installation, "early", {"softlimit", "-o", "10"});
  decides(installation, "early", {"softlimit", "-c", "0", "-p", "1"});
}

// The user has as many processes as the limit lets it: the one that would note it cannot be started.
TEST_CASE("an answer is noted where no other process may be started", "[fault]") {
  if (!is_root("run the plugin as another user")) return;
  const Installation installation(Backend::sqlite);
  fs::permissions(installation.home(), fs::perms(0755));
  fs::permissions(installation.home() / "control", fs::perms(0755));
  for (const auto& file : fs::recursive_directory_iterator(installation.home() / "greylisting"))
    REQUIRE(chown(file.path().c_str(), kNobody, kNobody) == 0);
  REQUIRE(chown((installation.home() / "greylisting").c_str(), kNobody, kNobody) == 0);
  Strings as_nobody = kAsNobody;
  as_nobody.insert(as_nobody.end(), {"prlimit", "--nproc=0"});
  const Result result = run(guarded(
      installation,
      {.sender = "bob@example.org", .recipient = "alice@example.net", .environment = {{"RELAYCLIENT", ""}}},
      as_nobody));
  CHECK(result.status == 0);
  CHECK(result.output == "");
  CHECK(result.errors == "");
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"2"}});
}

TEST_CASE("no file may grow: MySQL does not mind", "[fault]") {
  decides(Installation(Backend::mariadb), "new", {"softlimit", "-f", "0"});
}

TEST_CASE("no file may grow: an SQLite file cannot be written", "[fault]") {
  const Installation installation(Backend::sqlite);
  SECTION("the file is missing") {}
  SECTION("the file is there") { decides(installation, "new"); }
  fails_safely(installation, {"greylisting/greylisting.db: ", "; "}, {.before = {"softlimit", "-f", "0"}});
  CHECK(run(guarded(installation)).output == kAnswer);
}

TEST_CASE("a wrong working directory is said to be without the state directory", "[fault]") {
  const Installation installation(Backend::sqlite);
  const TemporaryDirectory elsewhere;
  fails_safely(installation,
               {"greylisting/greylisting.db: unable to open database file",
                "see that the directory greylisting is there"},
               {.directory = elsewhere.path()});
  CHECK(fs::is_empty(elsewhere.path()));
}

// execve takes any environment, also one that has a name twice, or a text without a "=".
TEST_CASE("of a variable that is there twice, the first counts", "[fault]") {
  struct Doubled {
    std::map<std::string, std::string> first;
    Strings behind;
    std::string output;
    std::string said;
  };
  const std::string answer(kAnswer);
  const std::vector<Doubled> all{
      {{}, {"TCPREMOTEIP=a", "TCPREMOTEIP=203.0.113.1"}, answer, " client=192.0.2.1 "},
      {{{"TCPREMOTEIP", "a"}}, {"TCPREMOTEIP=192.0.2.1"}, "", "TCPREMOTEIP"},
      {{}, {"SMTPRCPTTO", "SMTPRCPTTO=carol@example.org"}, answer, " recipient=bob@example.org "},
      {{}, {"GREYLISTING=553 not from here"}, answer, "outcome=deferred"},
      {{{"GREYLISTING", "553 not from here"}}, {"GREYLISTING="}, "E553 not from here\n", "reason=denied"},
      {{{"GLDEFERMESSAGE", "450 first"}}, {"GLDEFERMESSAGE=450 second"}, "E450 first\n", "outcome=deferred"},
      {{{"GLTIMEOUT", kAtOnce}}, {"GLTIMEOUT=soon", "GLTIMEOUT=10"}, answer, "outcome=deferred"},
      {{{"GLLOGLEVEL", "4"}}, {"GLLOGLEVEL=0", "GLLOGLEVEL=1"}, answer, "outcome=deferred"},
  };
  const Installation installation(either_store());
  CAPTURE(name(installation.backend()));
  for (const Doubled& doubled : all) {
    CAPTURE(doubled.behind);
    Command command = guarded(installation, {.environment = doubled.first});
    command.environment_behind = doubled.behind;
    const Result result = run(command);
    CHECK(result.status == 0);
    CHECK(result.output == doubled.output);
    CHECK(lines(result.errors) == 1);
    CHECK_THAT(result.errors, Contains(doubled.said));
  }
}

TEST_CASE("a control file that cannot be used is said to be that", "[fault]") {
  const Installation installation(Backend::sqlite);
  const fs::path file = installation.home() / "control/greylisting";
  SECTION("a directory") {
    fs::remove(file);
    fs::create_directory(file);
    fails_safely(installation, {"control/greylisting: is not a regular file"});
  }
  SECTION("a FIFO") {
    fs::remove(file);
    REQUIRE(mkfifo(file.c_str(), 0644) == 0);
    fails_safely(installation, {"control/greylisting: is not a regular file"});
  }
  SECTION("writable for everybody") {
    fs::permissions(file, fs::perms(0646));
    fails_safely(installation,
                 {"control/greylisting: can be written by everybody, so nothing is greylisted"});
  }
  SECTION("not readable") {
    if (geteuid() != 0) {
      WARN("skipped: only root can run the plugin as another user");
      return;
    }
    fs::permissions(installation.home(), fs::perms(0755));
    fs::permissions(file.parent_path(), fs::perms(0755));
    fs::permissions(file, fs::perms(0600));
    fails_safely(installation, {"control/greylisting: cannot be read", "nobody (uid 65534)"},
                 {.before = kAsNobody});
  }
  CHECK_FALSE(fs::exists(installation.home() / "greylisting/greylisting.db"));
}

TEST_CASE("a MySQL option file that is none is said to be that", "[fault]") {
  const Installation installation(Backend::mariadb);
  const fs::path file = installation.home() / "control/mysql.cnf";
  const std::string named = "the MySQL option file control/mysql.cnf ";
  SECTION("a directory") {
    fs::remove(file);
    fs::create_directory(file);
    fs::permissions(file, fs::perms(0700));
    fails_safely(installation, {named + "is not a regular file; put one in its place"});
  }
  SECTION("a FIFO") {
    fs::remove(file);
    REQUIRE(mkfifo(file.c_str(), 0600) == 0);
    fails_safely(installation, {named + "is not a regular file; put one in its place"});
  }
  SECTION("missing") {
    fs::remove(file);
    fails_safely(installation, {named + "does not exist; create it, or correct mysql_default_file"});
  }
  SECTION("writable for everybody") {
    fs::permissions(file, fs::perms(0602));
    fails_safely(installation, {named + "can be written by everybody", "chmod 600 it"});
  }
  SECTION("not readable") {
    if (geteuid() != 0) {
      WARN("skipped: only root can run the plugin as another user");
      return;
    }
    fs::permissions(installation.home(), fs::perms(0755));
    fs::permissions(file.parent_path(), fs::perms(0755));
    fails_safely(installation,
                 {named + "cannot be read by nobody (uid 65534)", "give it to that user: chown, chmod 600"},
                 {.before = kAsNobody});
  }
}

// The warning about a password that everybody can read is for files.
TEST_CASE("a MySQL option file that is a directory is said to be only that", "[fault]") {
  const Installation installation(Backend::mariadb);
  const fs::path file = installation.home() / "control/mysql.cnf";
  fs::remove(file);
  fs::create_directory(file);
  fs::permissions(file, fs::perms(0755));
  fails_safely(installation, {"is not a regular file; put one in its place"});
}

}  // namespace greylisting::test
