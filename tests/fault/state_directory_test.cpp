// Whatever the plugin decides, and whatever breaks, what it writes is in its state directory, no symbolic
// link leads what it makes elsewhere, and it starts no other program. strace shows every file that it names
// to the kernel.

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"
#include "tests/support/trace.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;

// The calls that take the name of a file, that begin or end a process, and the one that makes a socket's
// file.
constexpr const char* kCalls = "%file,%process,bind";

// Those of them that change nothing. Any other is taken for one that does.
constexpr std::array<std::string_view, 12> kHarmless{"access",     "faccessat",  "faccessat2", "stat",
                                                     "lstat",      "newfstatat", "statx",      "readlink",
                                                     "readlinkat", "getcwd",     "exit_group", "execve"};

bool contains(const std::string& line, std::string_view text) { return line.find(text) != std::string::npos; }

// `PID call(…) = …`; nothing for what is no call, such as a signal.
std::string call_of(const std::string& line) {
  const std::size_t begin = std::min(line.find_first_not_of(' ', line.find(' ')), line.size());
  const std::size_t end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", begin);
  return end != std::string::npos && line[end] == '(' ? line.substr(begin, end - begin) : "";
}

bool changes_something(const std::string& line) {
  const std::string call = call_of(line);
  if (call.starts_with("open")) {
    return std::ranges::any_of(std::array{"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_TMPFILE"},
                               [&](const char* flag) { return contains(line, flag); });
  }
  return !call.empty() && std::ranges::find(kHarmless, call) == kHarmless.end();
}

// The names below the state directory that a line's call changes. Takes every other for a failure.
std::set<std::string> names_changed(const std::string& line, const fs::path& home) {
  CAPTURE(line);
  std::set<std::string> names;
  for (const std::string& name : quoted_in(line)) {
    // In the place of a standard stream that was closed.
    if (name == "/dev/null" && !contains(line, "O_CREAT")) continue;
    // What is not absolute begins where the plugin was started.
    CHECK((name.starts_with('/') || contains(line, "(AT_FDCWD, \"") || contains(line, "(\"")));
    const std::string below = (home / name).lexically_normal().lexically_relative(home / "greylisting");
    CHECK((!below.empty() && below != "." && !below.starts_with("..")));
    names.insert(below);
  }
  if (contains(line, "O_CREAT")) CHECK((contains(line, "O_NOFOLLOW") || contains(line, "O_EXCL")));
  for (const char* const call : {"fork", "clone", "exec", "creat"})
    CHECK_FALSE(contains(call_of(line), call));
  return names;
}

// What the plugin changes below its state directory to decide for this reason, which is empty where it cannot
// decide.
std::set<std::string> changes(const Installation& installation, std::string_view reason,
                              const Rcpt& rcpt = {}) {
  CAPTURE(reason);
  const auto [result, lines] = run_traced(installation.command(rcpt), kCalls);
  CAPTURE(result.output, result.errors);
  CHECK(result.status == 0);
  CHECK(logged(result, "reason") == reason);
  CHECK(std::ranges::count_if(lines, [](const std::string& line) { return call_of(line) == "execve"; }) == 1);
  const fs::path home = fs::canonical(installation.home());
  std::set<std::string> all;
  for (const std::string& line : lines) {
    if (changes_something(line)) all.merge(names_changed(line, home));
  }
  return all;
}

bool has_journal(const std::set<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) { return name.ends_with(".journal"); });
}

bool is_traceable() {
  if (can_trace()) return true;
  WARN("SKIPPED: strace is not installed, or this container does not let it look at programs");
  return false;
}

// A socket that takes connections and says nothing.
class Silence {
 public:
  explicit Silence(const fs::path& file) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.string().copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket_, 8) == 0);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() { close(socket_); }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("what the plugin writes for a decision is in its state directory", "[fault][state_directory]") {
  if (!is_traceable()) return;
  const Installation installation(any_backend(), "max_pending_per_client=2\nheader=x-greylist\n");
  CAPTURE(name(installation.backend()));
  fs::create_directory(installation.home() / "greylisting");
  const auto counted = [&](std::string_view reason, const Rcpt& rcpt = {}) {
    CHECK(has_journal(changes(installation, reason, rcpt)));
  };

  CHECK(changes(installation, "", {.environment = {{"SMTPRCPTHOSTSOK", "0"}}}).empty());
  const auto first = changes(installation, "new");
  CHECK(has_journal(first));
  // That tracing sees what there is to be seen.
  if (installation.backend() == Backend::sqlite) {
    for (const char* const file : {"greylisting.db", "greylisting.db-wal", "greylisting.db-shm"}) {
      CAPTURE(file);
      CHECK(first.contains(file));
    }
  }
  counted("early");
  counted("new", {.sender = "/tmp/elsewhere@example.net"});
  counted("throttled", {.sender = "third@example.net"});
  counted("denied", {.environment = {{"GREYLISTING", "553 not from here"}}});
  installation.pass_time(std::chrono::hours(1));
  counted("retried");
  counted("known");
  installation.add(deny_network("192.0.2.0/24"));
  counted("denied");
  installation.put({.action = "skip", .word = "recipient", .pattern = "bob@example.org"});
  counted("opted-out");
}

TEST_CASE("what the plugin writes when it cannot decide is in its state directory",
          "[fault][state_directory]") {
  if (!is_traceable()) return;
  SECTION("the tables are missing") {
    const Installation installation(any_backend());
    fs::create_directory(installation.home() / "greylisting");
    installation.sql("DROP TABLE greylisting_lists");
    CHECK(has_journal(changes(installation, "")));
  }
  SECTION("SQLite's file is none") {
    const Installation installation(Backend::sqlite);
    write_file(installation.home() / "greylisting/greylisting.db", std::string(8192, 'x'));
    CHECK(has_journal(changes(installation, "")));
  }
  SECTION("the control file cannot be used") {
    const Installation installation(Backend::sqlite);
    fs::permissions(installation.home() / "control/greylisting", fs::perms(0666));
    changes(installation, "");
  }
  SECTION("the state directory is missing, or everybody can write to it") {
    const Installation installation(any_backend());
    CAPTURE(name(installation.backend()));
    const bool is_sqlite = installation.backend() == Backend::sqlite;
    fs::create_directory(installation.home() / "greylisting");
    fs::permissions(installation.home() / "greylisting", fs::perms(0777));
    CHECK(changes(installation, is_sqlite ? "" : "new").empty());
    fs::remove(installation.home() / "greylisting");
    const auto tried = changes(installation, is_sqlite ? "" : "early");
    CHECK((is_sqlite || tried.empty()));
    CHECK_FALSE(fs::exists(installation.home() / "greylisting"));
  }
}

TEST_CASE("what the plugin writes in an outage is in its state directory", "[fault][state_directory]") {
  if (!is_traceable()) return;
  const Installation installation(Backend::mariadb);
  const fs::path state = installation.home() / "greylisting";
  const fs::path unreachable = state / "mysql-unreachable";
  const std::string reachable = read_file(installation.home() / "control/mysql.cnf");
  fs::create_directory(state);
  const fs::path socket = installation.home() / "s";
  write_file(installation.home() / "control/mysql.cnf", "[client]\nsocket=" + socket.string() + '\n');

  SECTION("nobody listens") { CHECK(changes(installation, "").contains("mysql-unreachable")); }
  SECTION("it takes longer than it may") {
    const Silence silence(socket);
    CHECK(
        changes(installation, "", {.environment = {{"GLTIMEOUT", kWhenOver}}}).contains("mysql-unreachable"));
  }
  REQUIRE(fs::exists(unreachable));
  CHECK_FALSE(changes(installation, "").contains("mysql-unreachable"));

  write_file(installation.home() / "control/mysql.cnf", reachable);
  using namespace std::chrono_literals;
  fs::last_write_time(unreachable, fs::file_time_type::clock::now() - 10s);
  CHECK(changes(installation, "new").contains("mysql-unreachable"));
  CHECK_FALSE(fs::exists(unreachable));
}

}  // namespace greylisting::test
