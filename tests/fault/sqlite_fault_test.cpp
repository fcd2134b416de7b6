// What can be wrong with an SQLite file: the mail passes, or is deferred with on_error=defer, and one line
// says what is wrong and what to do.

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

constexpr const char* kMoveAway =
    "move it away together with what SQLite keeps beside it: greylisting/greylisting.db, "
    "greylisting/greylisting.db-wal and greylisting/greylisting.db-shm, those of them that are there; a new "
    "one "
    "is made at the next mail";

fs::path directory(const Installation& installation) { return installation.home() / "greylisting"; }
fs::path database(const Installation& installation) { return directory(installation) / "greylisting.db"; }

// Many rows in the file itself, no write-ahead log beside it: the last connection that closes folds it in.
void fill(const Installation& installation) {
  installation.sql(
      "INSERT INTO greylisting_data (triplet, relay_ip, mail_from, rcpt_to, block_expires, record_expires) "
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
      "SELECT randomblob(16), x'c0000201', 'a', 'b', '2100-01-01', '2100-01-01' FROM n");
}

class Connection {
 public:
  explicit Connection(const fs::path& file) : connection_(nullptr, sqlite3_close) {
    sqlite3* opened = nullptr;
    const int status = sqlite3_open(file.c_str(), &opened);
    connection_.reset(opened);
    if (status != SQLITE_OK) throw std::runtime_error("cannot open " + file.string());
  }

  void run(const char* statements) {
    if (sqlite3_exec(connection_.get(), statements, nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw std::runtime_error(sqlite3_errmsg(connection_.get()));
    }
  }

 private:
  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> connection_;
};

}  // namespace

TEST_CASE("an SQLite file that is missing or empty is made", "[fault]") {
  const Installation installation(Backend::sqlite);
  SECTION("missing") {}
  SECTION("empty") { write_file(database(installation), ""); }
  decides(installation, "new");
  decides(installation, "early");
  CHECK(installation.sql("PRAGMA integrity_check").at(0).at(0) == "ok");
}

TEST_CASE("an SQLite file that cannot be used is said to be that", "[fault]") {
  struct Fault {
    std::string what;
    std::function<void(const Installation&)> cause;
    Strings said;
    bool as_nobody = false;
  };
  const std::string chown = "belong to nobody (uid 65534), as whom this runs; chown them if not";
  const auto open_home = [](const Installation& installation) {
    fs::permissions(installation.home(), fs::perms(0755));
    fs::permissions(installation.home() / "control", fs::perms(0755));
    fs::permissions(directory(installation), fs::perms(0755));
  };
  const std::vector<Fault> faults{
      {"not a database",
       [](const Installation& i) { write_file(database(i), std::string(8192, 'x')); },
       {"greylisting/greylisting.db: file is not a database", kMoveAway}},
      {"truncated in the middle",
       [](const Installation& i) {
         fill(i);
         fs::resize_file(database(i), fs::file_size(database(i)) / 2 + 100);
       },
       {"greylisting/greylisting.db: database disk image is malformed", kMoveAway}},
      {"directory missing",
       [](const Installation& i) { fs::remove_all(directory(i)); },
       {"unable to open database file", "see that the directory greylisting is there", "chown"}},
      {"directory not writable, no file", open_home, {"unable to open database file", chown}, true},
      {"directory not writable, a file that is readable",
       [&](const Installation& i) {
         fill(i);
         open_home(i);
         fs::permissions(database(i), fs::perms(0644));
       },
       {"greylisting/greylisting.db: ", chown},
       true},
      {"file of another user",
       [&](const Installation& i) {
         fill(i);
         open_home(i);
         fs::permissions(database(i), fs::perms(0600));
         REQUIRE(::chown(directory(i).c_str(), kNobody, kNobody) == 0);
       },
       {"greylisting/greylisting.db: ", chown},
       true},
      {"file of another user, readable",
       [&](const Installation& i) {
         fill(i);
         open_home(i);
         fs::permissions(database(i), fs::perms(0644));
         REQUIRE(::chown(directory(i).c_str(), kNobody, kNobody) == 0);
       },
       {"greylisting/greylisting.db: attempt to write a readonly database", chown},
       true},
      {"a FIFO in the file's place",
       [](const Installation& i) { REQUIRE(mkfifo(database(i).c_str(), 0600) == 0); },
       {"greylisting/greylisting.db: "}},
      {"a symbolic link to nothing in the file's place",
       [](const Installation& i) { fs::create_symlink(i.home() / "elsewhere", database(i)); },
       {"greylisting/greylisting.db is a symbolic link to a file that is not there", "make that file"}},
      {"a directory in the file's place",
       [](const Installation& i) { fs::create_directory(database(i)); },
       {"unable to open database file"}},
      {"a directory that everybody can write to",
       [](const Installation& i) { fs::permissions(directory(i), fs::perms(0777)); },
       {"everybody can write to the directory " /* and its full name */, "chmod o-w it"}},
  };
  for (const Fault& fault : faults) {
    if (fault.as_nobody && !is_root("run the plugin as another user")) continue;
    INFO(fault.what);
    const Installation installation(Backend::sqlite);
    fault.cause(installation);
    fails_safely(installation, fault.said, {.before = fault.as_nobody ? kAsNobody : Strings{}});
  }
}

// A log of transactions that stays behind is of another file than the one that is made next.
TEST_CASE("a damaged SQLite file is moved away as the log says, and mail is greylisted again", "[fault]") {
  const Installation installation(Backend::sqlite);
  decides(installation, "new");
  const std::string file = database(installation);
  // A process that is killed leaves all three.
  const pid_t writer = fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    try {
      Connection connection(database(installation));
      connection.run("UPDATE greylisting_data SET blocked_count = 7");
      kill(getpid(), SIGKILL);
    } catch (const std::exception&) {
    }
    _exit(1);
  }
  int status = 0;
  waitpid(writer, &status, 0);
  for (const char* const name : {"", "-wal", "-shm"}) REQUIRE(fs::exists(file + name));
  write_file(database(installation), std::string(8192, 'x'));
  write_file(file + "-wal", std::string(8192, 'x'));

  const Result damaged = run(guarded(installation));
  CAPTURE(damaged.errors);
  CHECK_THAT(damaged.errors, Contains(kMoveAway));
  const fs::path away = installation.home() / "away";
  fs::create_directory(away);
  int moved = 0;
  std::istringstream words(damaged.errors.substr(damaged.errors.find("beside it: ")));
  for (std::string word; words >> word;) {
    if (word.ends_with(',')) word.pop_back();
    if (!word.starts_with("greylisting/")) continue;
    ++moved;
    if (fs::exists(installation.home() / word))
      fs::rename(installation.home() / word, away / fs::path(word).filename());
  }
  CHECK(moved == 3);
  for (const auto& left : fs::directory_iterator(directory(installation)))
    CHECK(left.path().extension() == ".journal");
  decides(installation, "new");
  decides(installation, "early");
  CHECK(installation.sql("PRAGMA integrity_check").at(0).at(0) == "ok");
}

// An administrator may write anything into a row by plain SQL. What is no address never matches, and is read
// once.
TEST_CASE("whatever stands in an SQLite entry's ipaddr, the plugin reads it once and goes on", "[fault]") {
  const std::string encoding = GENERATE("UTF-8", "UTF-16le");  // UTF-16: a BLOB is no text of its own
  CAPTURE(encoding);
  const Installation installation(Backend::sqlite);
  Connection(database(installation))
      .run(("PRAGMA encoding = '" + encoding + "'; CREATE TABLE other (c)").c_str());
  decides(installation, "new");
  const Strings ipaddrs{"x'c0000205'",
                        "x'00'",
                        "x''",
                        "''",
                        "'  '",
                        "CAST(x'3139322e302e322e3100' AS TEXT)",
                        "CAST(x'00' AS TEXT)",
                        "CAST(x'ff' AS TEXT)",
                        "CAST(x'c3' AS TEXT)",
                        "x'fffe0041'",
                        "x'80'",
                        "5",
                        "1.5",
                        "-9223372036854775808",
                        "9e999",
                        "char(0)",
                        "'192.0.2.1' || char(0) || 'x'",
                        "zeroblob(100000)",
                        "'not an address'",
                        "'198.51.100.7/24'",
                        "' 203.0.113.0/24 '"};
  std::string insert;
  for (const std::string& ipaddr : ipaddrs)
    insert += "INSERT INTO greylisting_lists (ipaddr, block_expires, record_expires) VALUES (" + ipaddr +
              ", '9999-12-31 23:59:59', '9999-12-31 23:59:59');";
  installation.sql(insert);
  decides(installation, "early");
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_lists") == Rows{{std::to_string(ipaddrs.size())}});
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_lists WHERE ipaddr_prefixsize IS NULL") ==
        Rows{{"0"}});
  CHECK(installation.sql("SELECT ipaddr_prefixsize FROM greylisting_lists WHERE ipaddr_prefixsize >= 0") ==
        Rows{{"24"}, {"24"}});
  CHECK(logged(installation.attempt({.client = "198.51.100.9"}), "reason") == "denied");

  if (encoding != "UTF-8") return;
  const Result check =
      run({.arguments = {"timeout", "60", built("greylistctl"), "--home", installation.home(), "check"}});
  CAPTURE(check.output, check.errors);
  CHECK(check.status != 124);
  CHECK_THAT(check.output, Contains(R"(list entry 1: ipaddr '\xc0\x00\x02\x05' is not an address)"));
  CHECK(check.output.find('\0') == std::string::npos);
  CHECK(check.output.size() < 20'000);
}

TEST_CASE("a locked SQLite file is waited for, not longer than the budget", "[fault]") {
  const Installation installation(Backend::sqlite);
  fill(installation);
  {
    Connection other(database(installation));
    SECTION("against writers") {}
    SECTION("against readers") { other.run("PRAGMA locking_mode = EXCLUSIVE"); }
    other.run("BEGIN EXCLUSIVE; UPDATE greylisting_data SET blocked_count = 2");
    fails_safely(installation,
                 {"greylisting/greylisting.db: database is locked",
                  "another process holds the file locked; see who with fuser greylisting/greylisting.db"},
                 {.timeout = "1000"});
    ends_in_time(installation);
  }
  decides(installation, "new");
}

TEST_CASE("a signal in the middle of a decision changes nothing, or nothing is half done", "[fault]") {
  const Installation installation(Backend::sqlite);
  decides(installation, "new");
  const fs::path log = installation.home() / "log";
  {
    Connection other(database(installation));
    other.run("BEGIN EXCLUSIVE");
    BackgroundProcess plugin(installation.command(), log);
    // In the middle is where it has opened the file, which is locked.
    const fs::path process = "/proc/" + std::to_string(plugin.pid());
    const auto has_opened = [&] {
      std::error_code ignored;
      if (fs::read_symlink(process / "exe", ignored) != fs::canonical(built("greylisting"))) return false;
      return std::ranges::any_of(
          fs::directory_iterator(process / "fd"), [&](const fs::directory_entry& entry) {
            return fs::read_symlink(entry.path(), ignored) == fs::canonical(database(installation));
          });
    };
    while (plugin.is_running() && !has_opened()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    SECTION("one that is ignored, or lets it stop for a while") {
      for (const int signal : {SIGSTOP, SIGCONT, SIGPIPE, SIGWINCH, SIGCHLD, SIGURG, SIGXFSZ}) {
        kill(plugin.pid(), signal);
      }
      other.run("ROLLBACK");
      CHECK(plugin.wait() == 0);
      CHECK(read_file(log).starts_with(kAnswer));
      CHECK(lines(read_file(log)) == 2);
      CHECK(installation.sql("SELECT blocked_count FROM greylisting_data") == Rows{{"2"}});
    }
    SECTION("one that ends it") {
      plugin.stop(SIGKILL);
      other.run("ROLLBACK");
      CHECK(read_file(log).empty());
      CHECK(installation.sql("SELECT blocked_count FROM greylisting_data") == Rows{{"1"}});
    }
  }
  decides(installation, "early");
}

TEST_CASE("what a killed process left in the write-ahead log is recovered", "[fault]") {
  const Installation installation(Backend::sqlite);
  decides(installation, "new");
  const pid_t writer = fork();
  REQUIRE(writer >= 0);
  if (writer == 0) {
    try {
      Connection connection(database(installation));
      // A cache of one page has what is not committed yet written to the log at once.
      connection.run(
          "PRAGMA cache_size = 1; PRAGMA cache_spill = 1;"
          "UPDATE greylisting_data SET blocked_count = 7; BEGIN; UPDATE greylisting_data SET blocked_count = "
          "9;"
          "INSERT INTO greylisting_lists (rcpt_to, block_expires, record_expires)"
          " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)"
          " SELECT 'example.org', '0000-00-00 00:00:00', '9999-12-31 23:59:59' FROM n");
      kill(getpid(), SIGKILL);
    } catch (const std::exception&) {
    }
    _exit(1);
  }
  int status = 0;
  waitpid(writer, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(fs::file_size(database(installation) += "-wal") > 100'000);

  decides(installation, "early");
  CHECK(text(installation.sql("SELECT blocked_count FROM greylisting_data")) == "8\n");
  CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_lists")) == "0\n");
  CHECK(text(installation.sql("PRAGMA integrity_check")) == "ok\n");
}

// One process after the other, none of which lives to see it grow.
TEST_CASE("the write-ahead log is begun anew before it is long", "[fault]") {
  const Installation installation(Backend::sqlite);
  const fs::path log = database(installation).string() + "-wal";
  std::uintmax_t longest = 0;
  bool is_begun_anew = false;
  for (int i = 0; i < 150; ++i) {
    installation.attempt({.sender = std::to_string(i) + "@example.net"});
    const std::uintmax_t size = fs::file_size(log);
    is_begun_anew = is_begun_anew || size < longest;
    longest = std::max(longest, size);
  }
  CHECK(is_begun_anew);
  CHECK(longest < std::uintmax_t{1} << 20U);
  CHECK(installation.sql("SELECT COUNT(*) FROM greylisting_data") == Rows{{"150"}});
}

TEST_CASE("a full disk under the SQLite file is said to be that", "[fault]") {
  if (!is_root("mount a small disk")) return;
  const Installation installation(Backend::sqlite);
  const SmallDisk disk(directory(installation), 200);
  if (!disk.is_mounted()) {
    WARN("skipped: this container does not let root mount a small disk");
    return;
  }
  const bool is_there = GENERATE(false, true);
  CAPTURE(is_there);
  fs::permissions(directory(installation), fs::perms(0700));
  if (is_there) decides(installation, "new");
  disk.fill();
  // A known triplet may still find room in the log that is there already: another one does not.
  for (int i = 0; is_there && i < 100; ++i)
    run(guarded(installation, {.sender = std::to_string(i) + "@example.net"}));
  fails_safely(installation, {"greylisting/greylisting.db: ", "make room on its disk"});
  disk.make_room();
  decides(installation, is_there ? "early" : "new");
  CHECK(text(installation.sql("PRAGMA integrity_check")) == "ok\n");
}

}  // namespace greylisting::test
