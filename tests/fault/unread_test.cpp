// Nobody reads what the plugin writes: a multilog that was stopped by a full disk, a pipe that is full. The
// answer goes first, the plugin ends all the same, and what it could not write is lost. That it ends is what
// timeout(1) sees: where it hangs, the status is 124.

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;
using Catch::Contains;

// Long enough for the decision, on a busy machine too, and what the plugin may wait for its log.
constexpr const char* kBudget = "3000";

// A shell's commands for a pipe with both ends, descriptor 3, in which there is no room for so many bytes,
// and which nobody reads. What fills it does not wait; its own description of the pipe is another than that
// of 3.
std::string full_pipe(bool has_stopped_reader, int room = 0) {
  const int pages = 16 - (room + 4095) / 4096;
  const std::string open = has_stopped_reader ? "cat fifo >reader.out 2>&1 & reader=$!; exec 3>fifo;"
                                                "kill -STOP $reader; exec 4<>fifo;"
                                              : "exec 3<>fifo;";
  return "mkfifo fifo; " + open +
         "dd if=/dev/zero of=fifo oflag=nonblock bs=4096 count=" + std::to_string(pages) + " 2>/dev/null;";
}

// The plugin under a shell that gives it such a pipe as `streams`: `2>&3`.
Result run_unread(const Installation& installation, const Rcpt& rcpt, const std::string& pipe,
                  const std::string& streams) {
  return run(guarded(installation, rcpt,
                     {"sh", "-c",
                      pipe + " \"$0\" " + streams + "; status=$?;" +
                          " test -z \"$reader\" || kill -KILL $reader; exit $status"}));
}

Rcpt with_budget(std::map<std::string, std::string> environment = {}) {
  environment.try_emplace("GLTIMEOUT", kBudget);
  return {.environment = std::move(environment)};
}

// The journal's files of this hour and the next.
std::array<fs::path, 2> journals(const Installation& installation) {
  std::array<fs::path, 2> files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::time_t hour = std::time(nullptr) + static_cast<std::time_t>(i) * 3600;
    std::array<char, 32> name{};
    std::strftime(name.data(), name.size(), "%Y-%m-%dT%H.journal", std::gmtime(&hour));
    files.at(i) = installation.home() / "greylisting" / name.data();
  }
  return files;
}

}  // namespace

TEST_CASE("a log that nobody reads holds up neither the answer nor the end", "[fault]") {
  const std::string settings = GENERATE("", "no_such_key=1\nblock_expire=soon\ndefer_message=no\n");
  const bool has_stopped_reader = GENERATE(false, true);
  const Installation installation(has_stopped_reader ? Backend::sqlite : Backend::mariadb, settings);
  CAPTURE(settings, has_stopped_reader);
  const Result result = run_unread(installation, with_budget(), full_pipe(has_stopped_reader), "2>&3");
  CAPTURE(result.errors);
  CHECK(result.status == 0);
  CHECK(result.output == kAnswer);
  CHECK(blocked_count(installation) == "1\n");
  // With somebody who reads, all is said, after the answer.
  const Result read = run(guarded(installation));
  CHECK(read.output == kAnswer);
  CHECK(lines(read.errors) == (settings.empty() ? 1 : 4));
  CHECK_THAT(read.errors, Contains("reason=early"));
}

// More than a pipe takes at once: there is some room, and not enough.
TEST_CASE("a line that the log takes only a part of holds up neither the answer nor the end", "[fault]") {
  const Installation installation(Backend::sqlite);
  Rcpt rcpt = with_budget();
  rcpt.environment["SMTPHELOHOST"] = std::string(20000, '\xff');
  const Result result = run_unread(installation, rcpt, full_pipe(false, 4096), "2>&3");
  CHECK(result.status == 0);
  CHECK(result.output == kAnswer);
  CHECK(blocked_count(installation) == "1\n");
}

TEST_CASE("an answer that nobody reads holds up neither the log nor the end", "[fault]") {
  const bool has_stopped_reader = GENERATE(false, true);
  const Installation installation(Backend::sqlite);
  SECTION("the answer alone") {
    const Result result = run_unread(installation, with_budget(), full_pipe(has_stopped_reader), "1>&3");
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK_THAT(result.errors, Contains("reason=new"));
  }
  SECTION("the answer and the log") {
    CHECK(run_unread(installation, with_budget(), full_pipe(has_stopped_reader), "1>&3 2>&3").status == 0);
  }
  CHECK(blocked_count(installation) == "1\n");
}

TEST_CASE("without a decision, the answer comes before a log that nobody reads", "[fault]") {
  const Installation installation(Backend::sqlite, "no_such_key=1\n");
  SECTION("what is wrong is found at once") {
    write_file(installation.home() / "greylisting/greylisting.db", std::string(8192, 'x'));
  }
  SECTION("the settings cannot be used") {
    fs::remove(installation.home() / "control/greylisting");
    fs::create_directory(installation.home() / "control/greylisting");
  }
  const Result result = run_unread(installation, with_budget({{"GLONERROR", "defer"}}),
                                   full_pipe(GENERATE(false, true)), "2>&3");
  CHECK(result.status == 0);
  CHECK(result.output == kAnswerOnError);
}

TEST_CASE("when the time budget ends, the answer comes before journal and log", "[fault]") {
  Installation installation(Backend::sqlite);
  const bool has_stopped_reader = GENERATE(false, true);
  CAPTURE(has_stopped_reader);
  // A server that lets a client connect and never says a word.
  const fs::path socket_file = installation.home() / "silent.sock";
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_file.string().copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(listener, 8) == 0);
  write_file(installation.home() / "control/mysql.cnf", "[client]\nsocket=" + socket_file.string() + '\n',
             0600);
  installation.configure("store=mysql\nmysql_default_file=control/mysql.cnf\nno_such_key=1\n");
  const Rcpt rcpt = with_budget({{"GLONERROR", "defer"}, {"GLTIMEOUT", kWhenOver}});

  // Both are written when nothing is in the way, the settings' faults first.
  const Result read = run(guarded(installation, rcpt));
  CAPTURE(read.errors);
  CHECK(read.output == kAnswerOnError);
  CHECK(lines(read.errors) == 2);
  CHECK_THAT(read.errors, Catch::StartsWith("greylisting: ") && Contains("no_such_key") &&
                              Contains("\ngreylisting: no decision within timeout="));

  const Result result = run_unread(installation, rcpt, full_pipe(has_stopped_reader), "2>&3");
  CHECK(result.status == 0);
  CHECK(result.output == kAnswerOnError);
  // Nor may an answer that nobody takes hold it up.
  fs::remove(installation.home() / "fifo");
  const Result unread = run_unread(installation, rcpt, full_pipe(has_stopped_reader), "1>&3");
  CHECK(unread.status == 0);
  close(listener);
}

TEST_CASE("a journal that nobody reads, or that its disk has no room for, loses its line", "[fault]") {
  const Installation installation(Backend::mariadb);
  fs::create_directory(installation.home() / "greylisting");
  SECTION("a FIFO without a reader") {
    for (const fs::path& journal : journals(installation)) REQUIRE(mkfifo(journal.c_str(), 0600) == 0);
    decides(installation, "new");
  }
  SECTION("a FIFO that is full") {
    for (const fs::path& journal : journals(installation)) REQUIRE(mkfifo(journal.c_str(), 0600) == 0);
    std::string open;
    for (const fs::path& journal : journals(installation))
      open += "exec 3<>" + journal.string() + "; dd if=/dev/zero of=" + journal.string() +
              " oflag=nonblock bs=4096 count=16 2>/dev/null; ";
    const Result result = run_unread(installation, with_budget(), open, "");
    CHECK(result.status == 0);
    CHECK(result.output == kAnswer);
    CHECK(lines(result.errors) == 1);
  }
  SECTION("a full disk") {
    if (geteuid() != 0) {
      WARN("skipped: only root can mount a small disk");
      return;
    }
    const SmallDisk disk(installation.home() / "greylisting", 64);
    if (!disk.is_mounted()) {
      WARN("skipped: this container does not let root mount a small disk");
      return;
    }
    fs::permissions(installation.home() / "greylisting", fs::perms(0700));
    disk.fill();
    decides(installation, "new");
    // The log on the same disk.
    const Result result = run_unread(installation, with_budget(), "exec 3>>greylisting/log;", "2>&3");
    CHECK(result.status == 0);
    CHECK(result.output == kAnswer);
    CHECK(blocked_count(installation) == "2\n");
  }
}

}  // namespace greylisting::test
