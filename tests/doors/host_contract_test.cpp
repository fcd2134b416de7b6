// What qmail-smtpd relies on when it runs the plugin (qmail-spp 0.42): an answer is one line in one write,
// the exit status is 0 whatever happens, and nothing is touched for a recipient that is not to be greylisted.
// The plugin is run directly; strace shows what it asks of the kernel.

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/fault.h"
#include "tests/support/process.h"
#include "tests/support/silent_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/trace.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
using Variables = std::map<std::string, std::string>;

// A qmail home, and a client that is to be greylisted.
class SppHost {
 public:
  SppHost() {
    std::filesystem::create_directory(home_ / "control");
    std::filesystem::create_directory(home_ / "greylisting");
  }

  std::filesystem::path operator/(std::string_view name) const { return home_ / name; }

  Variables& environment() { return environment_; }

  void configure(std::string_view control_file) const {
    write_file(home_ / "control/greylisting", control_file);
  }

  Result rcpt(const std::vector<int>& closed = {}, const Strings& program = {built("greylisting")}) const {
    return run(
        {.arguments = program, .environment = environment_, .directory = home_.path(), .closed = closed});
  }

  // As rcpt, and what it asked of the kernel.
  Traced traced_rcpt(const std::string& calls, const Strings& program = {built("greylisting")}) const {
    return run_traced({.arguments = program, .environment = environment_, .directory = home_.path()}, calls);
  }

  // As rcpt under a user who owns nothing here and may read all of it.
  Result rcpt_as_stranger() const {
    namespace fs = std::filesystem;
    if (geteuid() != 0) {
      fs::permissions(home_ / "greylisting", fs::perms::owner_read | fs::perms::owner_exec);
      return rcpt();
    }
    // A copy, because the directories above the build may be closed to that user.
    fs::copy_file(built("greylisting"), home_ / "plugin");
    for (const char* const name : {".", "control", "greylisting", "plugin"})
      fs::permissions(home_ / name, fs::perms(0755));
    for (const auto& file : fs::directory_iterator(home_ / "control")) fs::permissions(file, fs::perms(0644));
    Strings program = kAsNobody;
    program.push_back(home_ / "plugin");
    return rcpt({}, program);
  }

  std::filesystem::path database() const { return home_ / "greylisting/greylisting.db"; }

  // The first column of the first row.
  std::string query(const std::string& statement) const {
    sqlite3* connection = nullptr;
    const int opened = sqlite3_open_v2(database().c_str(), &connection, SQLITE_OPEN_READWRITE, nullptr);
    const std::unique_ptr<sqlite3, int (*)(sqlite3*)> closer(connection, sqlite3_close);
    std::string value;
    const auto keep = [](void* result, int, char** values, char**) {
      *static_cast<std::string*>(result) = values[0] == nullptr ? "" : values[0];
      return 0;
    };
    if (opened != SQLITE_OK ||
        sqlite3_exec(connection, statement.c_str(), keep, &value, nullptr) != SQLITE_OK) {
      throw std::runtime_error(statement + ": " + sqlite3_errmsg(connection));
    }
    return value;
  }

  void let_block_pass() const {
    query("UPDATE greylisting_data SET block_expires = datetime('now', '-1 minute')");
  }

 private:
  TemporaryDirectory home_;
  Variables environment_{
      {"GREYLISTING", ""},
      {"PROTO", "TCP"},
      {"TCPREMOTEIP", "192.0.2.1"},
      {"TCPREMOTEHOST", "client.example.net"},
      {"SMTPHELOHOST", "client.example.net"},
      {"SMTPMAILFROM", "sender@example.net"},
      {"SMTPRCPTTO", "recipient@example.org"},
      {"SMTPRCPTCOUNT", "0"},
      {"SMTPRCPTCOUNTALL", "1"},
      {"SMTPRCPTHOSTSOK", "1"},
  };
};

// Calls that open a file or reach out to somebody.
constexpr const char* kOpeningCalls = "open,openat,openat2,creat,socket,connect";

// What they were about: `"/etc/passwd"`, or what strace shows of a socket.
std::set<std::string> opened(const Strings& trace) {
  std::set<std::string> result;
  for (const std::string& line : trace) {
    const std::size_t name = line.find('"');
    result.insert(name == std::string::npos ? line.substr(line.find('(') + 1)
                                            : line.substr(name, line.find('"', name + 1) + 1 - name));
  }
  return result;
}

// What is opened on the way to main(): by a program that does nothing and has all libraries of the plugin
// loaded.
std::set<std::string> opened_before_main() {
  SppHost host;
  host.environment() = {{"LD_TRACE_LOADED_OBJECTS", "1"}};
  std::istringstream words(host.rcpt().output);
  std::string libraries;
  for (std::string word; words >> word;) {
    if (word.starts_with('/')) libraries += word + ':';
  }
  // By env, so that strace itself does without the libraries.
  host.environment().clear();
  const auto [result, trace] = host.traced_rcpt(
      kOpeningCalls, {"env", "LD_PRELOAD=" + libraries, "ASAN_OPTIONS=detect_leaks=0", "true"});
  REQUIRE(result.status == 0);
  return opened(trace);
}

// Calls that write to standard output: their first argument is 1.
Strings written_to_stdout(const Strings& trace) {
  Strings lines;
  std::copy_if(trace.begin(), trace.end(), std::back_inserter(lines), [](const std::string& line) {
    return line.find("(1, ") != std::string::npos && line.find("(1, ") == line.find('(');
  });
  return lines;
}

constexpr const char* kWritingCalls = "write,writev,pwrite64,pwritev,sendto,sendmsg,sendfile";

}  // namespace

TEST_CASE("a deferral is one command line, a pass is what the next recipient has to know", "[host]") {
  SppHost host;
  host.configure("header=off\n");
  const Result first = host.rcpt();
  CHECK(first.status == 0);
  CHECK(first.output == kAnswer);

  host.let_block_pass();
  const Result retry = host.rcpt();
  CHECK(retry.status == 0);
  CHECK(retry.output == "SGREYLISTING_TRANSACTION=1:0:earned\n");
}

TEST_CASE("an answer is written with one call", "[host]") {
  SppHost host;
  host.configure("header=off\n");
  const auto [deferred, trace] = host.traced_rcpt(kWritingCalls);
  CHECK(deferred.status == 0);
  CHECK(deferred.output == kAnswer);
  const Strings writes = written_to_stdout(trace);
  REQUIRE(writes.size() == 1);
  CHECK_THAT(writes[0], Contains(R"(write(1, "E451 temporary failure (#4.3.0)\n", 32) = 32)"));

  host.let_block_pass();
  const auto [accepted, trace_of_retry] = host.traced_rcpt(kWritingCalls);
  CHECK(accepted.status == 0);
  const Strings writes_of_retry = written_to_stdout(trace_of_retry);
  REQUIRE(writes_of_retry.size() == 1);
  CHECK_THAT(writes_of_retry[0], Contains(R"(write(1, "SGREYLISTING_TRANSACTION=1:0:earned\n", 36) = 36)"));
}

TEST_CASE("an answer for errors is written with one call", "[host]") {
  SppHost host;
  host.configure("on_error=defer\nsqlite_file=missing/greylisting.db\n");
  const auto [result, trace] = host.traced_rcpt(kWritingCalls);
  CHECK(result.status == 0);
  CHECK(result.output == kAnswerOnError);
  CHECK(written_to_stdout(trace).size() == 1);
}

TEST_CASE("a client that may relay or has authenticated gets no answer, and with answers=0 leaves nothing",
          "[host]") {
  SppHost host;
  host.configure("loglevel=5\nanswers=0\n");
  SECTION("the client may relay") { host.environment()["RELAYCLIENT"] = "@relay.example.org"; }
  SECTION("the client may relay, by an empty RELAYCLIENT") { host.environment()["RELAYCLIENT"] = ""; }
  SECTION("the client has authenticated") { host.environment()["SMTPAUTHUSER"] = "alice"; }
  const Result result = host.rcpt();
  CHECK(result.status == 0);
  CHECK(result.output.empty());
  CHECK(result.errors.empty());
  CHECK(std::filesystem::is_empty(host / "greylisting"));
}

TEST_CASE("a recipient that is not to be greylisted costs no file", "[host]") {
  static const std::set<std::string> before_main = opened_before_main();
  SppHost host;
  host.configure("loglevel=5\nmysql_default_file=control/mysql.cnf\n");

  SECTION("GREYLISTING is not set") { host.environment().erase("GREYLISTING"); }
  SECTION("qmail refuses the recipient") { host.environment()["SMTPRCPTHOSTSOK"] = "0"; }
  SECTION("qmail refuses the client by a DNS list") { host.environment()["RBLRESULT"] = "reject"; }

  const auto [result, trace] = host.traced_rcpt(kOpeningCalls);
  CHECK(result.status == 0);
  CHECK(result.output.empty());
  CHECK(result.errors.empty());
  for (const std::string& file : opened(trace)) {
    CAPTURE(file);
    CHECK(before_main.contains(file));
  }
  CHECK(std::filesystem::is_empty(host / "greylisting"));
}

TEST_CASE("a recipient that is to be greylisted costs the control file and the database", "[host]") {
  SppHost host;
  SECTION("always") {}
  SECTION("with an empty SMTPAUTHUSER") { host.environment()["SMTPAUTHUSER"] = ""; }
  SECTION("with a GREYLISTING that has a value") { host.environment()["GREYLISTING"] = "1"; }
  SECTION("without SMTPRCPTHOSTSOK") { host.environment().erase("SMTPRCPTHOSTSOK"); }

  const auto [result, trace] = host.traced_rcpt(kOpeningCalls);
  CHECK(result.status == 0);
  CHECK(result.output == kAnswer);
  const auto files = opened(trace);
  CHECK(files.contains("\"control/greylisting\""));
  CHECK(std::any_of(files.begin(), files.end(),
                    [](const std::string& file) { return file.ends_with("/greylisting.db\""); }));
}

TEST_CASE("a known triplet opens of all lists the one that denies, a deferral reads them", "[host]") {
  SppHost host;
  host.configure("header=off\ngreylist=suspicious\nallow_lists=postgrey-clients:control/clients\n");
  const Strings names{"control/greylisting_allow", "control/greylisting_deny", "control/clients"};
  for (const std::string& name : names) {
    write_file(host / name, "# nothing\n", 0644);
    // Older than the triplet's last attempt is going to be.
    using namespace std::chrono_literals;
    std::filesystem::last_write_time(host / name, std::filesystem::file_time_type::clock::now() - 1h);
  }
  const auto times_opened = [&](const std::string& name) {
    const auto [result, trace] = host.traced_rcpt("openat");
    return std::ranges::count_if(
        trace, [&](const std::string& line) { return line.find(name + '"') != std::string::npos; });
  };
  for (const std::string& name : names) CHECK(times_opened(name) == 1);
  host.let_block_pass();
  for (const std::string& name : names)
    CHECK(times_opened(name) == (name == "control/greylisting_deny" ? 1 : 0));
}

TEST_CASE("closed standard streams harm neither the answer nor the database", "[host]") {
  SppHost host;
  host.configure("loglevel=4\nno_such_key=1\n");  // something to write on every stream
  const auto closed = GENERATE(std::vector<int>{}, std::vector<int>{0}, std::vector<int>{0, 1},
                               std::vector<int>{0, 2}, std::vector<int>{0, 1, 2});
  CAPTURE(closed);
  const auto is_open = [&closed](int stream) {
    return std::find(closed.begin(), closed.end(), stream) == closed.end();
  };

  for (const std::string_view reason : {"new", "early"}) {
    const Result result = host.rcpt(closed);
    CHECK(result.status == 0);
    CHECK(result.output == (is_open(1) ? kAnswer : ""));
    if (is_open(2)) {
      CHECK_THAT(result.errors, Contains("no_such_key") && Contains("reason=" + std::string(reason)));
    } else {
      CHECK(result.errors.empty());
    }
  }
  CHECK(host.query("PRAGMA integrity_check") == "ok");
  CHECK(host.query("SELECT blocked_count FROM greylisting_data") == "2");
}

TEST_CASE("a database connection never takes the place of a closed stream", "[host]") {
  const SppHost host;
  const SilentServer server(host / "silent.sock");
  write_file(host / "control/mysql.cnf", "[client]\nsocket=" + (host / "silent.sock").string() + "\n");
  const auto closed = GENERATE(std::vector<int>{1}, std::vector<int>{2}, std::vector<int>{1, 2},
                               std::vector<int>{0, 1}, std::vector<int>{0, 2}, std::vector<int>{0, 1, 2});
  CAPTURE(closed);

  // The plugin speaks when its time is over, with the connection open. On a busy machine that can be before
  // it has connected: then it is given more.
  std::optional<std::string> received;
  for (int timeout = 20; !received && timeout <= 10'000; timeout *= 2) {
    host.configure(
        "mysql_default_file=control/mysql.cnf\non_error=defer\ntimeout=" + std::to_string(timeout) + "\n");
    CHECK(host.rcpt(closed).status == 0);
    received = server.received();
    // Otherwise the next one leaves the server alone.
    std::filesystem::remove(host / "greylisting/mysql-unreachable");
  }
  REQUIRE(received);
  CHECK(received->empty());
}

TEST_CASE("readers that have gone do not end the plugin by a signal", "[host]") {
  SppHost host;
  host.configure("loglevel=4\n");
  // A FIFO that is open for writing and has no reader any more. The tests ignore SIGPIPE; a host may not.
  const Result result = host.rcpt({}, {"sh", "-c",
                                       "mkfifo fifo; exec 3<>fifo 4>fifo 3<&-;"
                                       "exec env --default-signal=PIPE \"$0\" >&4 2>&4",
                                       built("greylisting")});
  CHECK(result.status == 0);
  CHECK(host.query("SELECT blocked_count FROM greylisting_data") == "1");
}

TEST_CASE("broken settings end with status 0 and a decision", "[host]") {
  SppHost host;
  SECTION("values that are none") {
    host.configure("block_expire=abc\nrecord_expire=-1\nstore=paper\ntimeout=\nno_such_key=1\nno sign\n");
    CHECK_THAT(host.rcpt().errors, Contains("control/greylisting:1: block_expire"));
  }
  SECTION("bytes that are no text") {
    std::string bytes;
    for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
    host.configure(bytes + bytes);
    CHECK_THAT(host.rcpt().errors, Contains("control/greylisting"));
  }
  SECTION("a variable that is no value") {
    host.environment()["GLBLOCKEXPIRE"] = "soon";
    CHECK_THAT(host.rcpt().errors, Contains("GLBLOCKEXPIRE"));
  }

  const Result result = host.rcpt();
  CHECK(result.status == 0);
  CHECK(result.output == kAnswer);
}

TEST_CASE("without a decision the status is 0 and the mail passes, or is deferred with on_error=defer",
          "[host]") {
  SppHost host;
  const std::string on_error = GENERATE("accept", "defer");
  CAPTURE(on_error);
  host.environment()["GLONERROR"] = on_error;
  std::string said;
  std::function<Result()> run_plugin = [&host] { return host.rcpt(); };

  SECTION("there is a directory in the control file's place") {
    said = "control/greylisting: is not a regular file";
    std::filesystem::create_directory(host / "control/greylisting");
  }
  SECTION("there is a FIFO in the control file's place") {
    said = "control/greylisting: is not a regular file";
    REQUIRE(mkfifo((host / "control/greylisting").c_str(), 0600) == 0);
  }
  SECTION("the control file that is asked for is missing") {
    said = "control/none: does not exist";
    host.environment()["GLCONFIGFILE"] = "control/none";
  }
  SECTION("a variable is missing") {
    said = GENERATE("TCPREMOTEIP", "SMTPMAILFROM", "SMTPRCPTTO");
    host.environment().erase(said);
  }
  SECTION("TCPREMOTEIP is no address") {
    said = "TCPREMOTEIP";
    host.environment()["TCPREMOTEIP"] = GENERATE("", "unknown", "192.0.2", "192.0.2.256", "::g");
  }
  SECTION("the directory of the database is missing") {
    said = "greylisting/greylisting.db: unable to open database file";
    std::filesystem::remove(host / "greylisting");
  }
  SECTION("the directory of the database is not writable") {
    said = "greylisting/greylisting.db: unable to open database file";
    run_plugin = [&host] { return host.rcpt_as_stranger(); };
  }
  SECTION("the database is none") {
    said = "greylisting/greylisting.db: file is not a database";
    write_file(host.database(), std::string(8192, 'x'));
  }
  SECTION("the MySQL option file is missing") {
    said = "control/mysql.cnf";
    host.configure("mysql_default_file=control/mysql.cnf\n");
  }
  SECTION("there is no MySQL server") {
    said = "nobody.sock";
    host.configure("mysql_default_file=control/mysql.cnf\n");
    write_file(host / "control/mysql.cnf", "[client]\nsocket=" + (host / "nobody.sock").string() + "\n");
  }

  const Result result = run_plugin();
  CHECK(result.status == 0);
  CHECK(result.output == (on_error == "defer" ? kAnswerOnError : ""));
  CHECK_THAT(result.errors, Catch::Matchers::StartsWith("greylisting: ") && Contains(said));
  CHECK(std::count(result.errors.begin(), result.errors.end(), '\n') == 1);
}

}  // namespace greylisting::test
