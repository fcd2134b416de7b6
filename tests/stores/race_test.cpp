// Many processes with one triplet at the same instant: one record, and every one of them counted.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/scenario.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

constexpr int kProcesses = 50;

// A named pipe, open at both ends here so that nobody waits for anybody to open it.
class Fifo {
 public:
  explicit Fifo(const std::filesystem::path& path) : path_(path) {
    if (mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("cannot make " + path.string());
    descriptor_ = open(path.c_str(), O_RDWR | O_CLOEXEC);
  }
  ~Fifo() { close_it(); }
  Fifo(const Fifo&) = delete;
  Fifo& operator=(const Fifo&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void read_bytes(int count) const {
    char byte = 0;
    for (pollfd wait{descriptor_, POLLIN, 0}; count > 0; --count) {
      constexpr int kPatience = 60'000;  // milliseconds
      if (poll(&wait, 1, kPatience) != 1 || read(descriptor_, &byte, 1) != 1) {
        throw std::runtime_error("not all processes have come to " + path_.string());
      }
    }
  }
  // Everybody who reads from it is at its end.
  void close_it() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

// Runs the plugin in many processes: each waits at a gate that opens when the last one has come to it.
// Returns what each has written, to standard output and standard error together.
std::vector<std::string> attempt_at_once(const Installation& installation, const Rcpt& rcpt) {
  const TemporaryDirectory directory;
  const Fifo arrivals(directory / "arrivals");
  Fifo gate(directory / "gate");
  Command command = installation.command(rcpt);
  command.arguments = {"/bin/sh",
                       "-c",
                       R"(exec 3< "$1"; echo > "$2"; read -r _ <&3; exec 3<&-; exec "$3")",
                       "sh",
                       gate.path(),
                       arrivals.path(),
                       command.arguments.front()};

  std::vector<std::unique_ptr<BackgroundProcess>> processes;
  for (int i = 0; i < kProcesses; ++i) {
    processes.push_back(std::make_unique<BackgroundProcess>(command, directory / std::to_string(i)));
  }
  arrivals.read_bytes(kProcesses);
  gate.close_it();

  std::vector<std::string> written;
  for (int i = 0; i < kProcesses; ++i) {
    CHECK(processes[static_cast<std::size_t>(i)]->wait() == 0);
    written.push_back(read_file(directory / std::to_string(i)));
  }
  return written;
}

// Every process has written `answer` and one line in the log, a decision: `first` for one of them, `others`
// for the rest.
void check_written(const std::vector<std::string>& written, const std::string& answer,
                   const std::string& first, const std::string& others) {
  int firsts = 0;
  for (std::string text : written) {
    INFO(text);
    // What it remembers for the next recipient is no answer.
    if (text.starts_with("SGREYLISTING_TRANSACTION=")) text.erase(0, text.find('\n') + 1);
    const bool answers_first = text.starts_with(answer);
    CHECK(answers_first);
    CHECK(lines(text) == lines(answer) + 1);
    const std::string reason = logged({.output = "", .errors = text}, "reason");
    const bool is_one_of_two = reason == first || reason == others;
    CHECK(is_one_of_two);
    if (reason == first) ++firsts;
  }
  CHECK(firsts == 1);
}

using Counts = std::vector<std::array<int, 2>>;

Counts counts_of(const Installation& installation, const std::string& sender) {
  Counts counts;
  for (const Row& row : installation.sql(
           "SELECT blocked_count, passed_count FROM greylisting_data WHERE mail_from = '" + sender + "'")) {
    counts.push_back({std::stoi(row.at(0).value()), std::stoi(row.at(1).value())});
  }
  return counts;
}

}  // namespace

TEST_CASE("of fifty processes with one new triplet one makes its record and all are counted",
          "[integration][race]") {
  const Backend backend = any_backend();
  INFO(name(backend));
  const Installation installation(backend);
  installation.attempt({.sender = "earlier@example.net"});
  for (int round = 1; round <= 20; ++round) {
    INFO("round " << round);
    const Rcpt rcpt{.sender = "round" + std::to_string(round) + "@example.net"};
    check_written(attempt_at_once(installation, rcpt), kDeferral, "new", "early");
    CHECK(counts_of(installation, rcpt.sender) == Counts{{kProcesses, 0}});
  }
}

TEST_CASE("of fifty processes with one retry all pass and all are counted", "[integration][race]") {
  const Backend backend = any_backend();
  INFO(name(backend));
  const Installation installation(backend);
  const Rcpt rcpt;
  for (int round = 1; round <= 3; ++round) {
    INFO("round " << round);
    installation.attempt(rcpt);
    installation.pass_time(1h);
    check_written(attempt_at_once(installation, rcpt), "", "retried", "known");
    CHECK(counts_of(installation, rcpt.sender) == Counts{{1, kProcesses}});

    // The record has expired, and all begin it anew.
    installation.pass_time(std::chrono::days(37));
    check_written(attempt_at_once(installation, rcpt), kDeferral, "new", "early");
    CHECK(counts_of(installation, rcpt.sender) == Counts{{kProcesses, 0}});
    installation.sql("DELETE FROM greylisting_data");
  }
}

// The server says so in the middle of what is recorded, once.
TEST_CASE("after a deadlock the attempt is decided anew and counted once", "[integration][race]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  INFO(name(backend));
  const Installation installation(backend);
  installation.attempt();
  installation.pass_time(1h);
  installation.sql(
      "CREATE TRIGGER deadlock BEFORE INSERT ON greylisting_clients FOR EACH ROW BEGIN "
      "IF @deadlock IS NULL THEN SET @deadlock = 1; SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF; "
      "END");
  const Result result = installation.attempt();
  INFO(result.errors);
  CHECK(logged(result, "reason") == "retried");
  CHECK(counts_of(installation, Rcpt().sender) == Counts{{1, 1}});
  CHECK(installation.sql("SELECT passes FROM greylisting_clients") == Rows{{"1"}});
}

// Each records the triplet twice, under the client's network and under the sender's domain.
TEST_CASE("of fifty processes of one pool one makes both records, all are counted, and the hour once",
          "[integration][race]") {
  const Backend backend = any_backend();
  INFO(name(backend));
  const Installation installation(backend);
  const Rcpt rcpt{.environment = {{"SPFRESULT", "pass"}}};
  for (int round = 1; round <= 3; ++round) {
    INFO("round " << round);
    check_written(attempt_at_once(installation, rcpt), kDeferral, "new", "early");
    CHECK(counts_of(installation, rcpt.sender) == Counts{{kProcesses, 0}, {kProcesses, 0}});
    installation.pass_time(1h);
    check_written(attempt_at_once(installation, rcpt), "", "retried", "known");
    CHECK(counts_of(installation, rcpt.sender) == Counts{{kProcesses, kProcesses}, {kProcesses, kProcesses}});
    CHECK(installation.sql("SELECT passes FROM greylisting_clients") == Rows{{"1"}, {"1"}});
    installation.sql("DELETE FROM greylisting_data");
    installation.sql("DELETE FROM greylisting_clients");
  }
}

TEST_CASE("fifty processes can be the first to use an SQLite file", "[integration][race]") {
  for (int round = 1; round <= 5; ++round) {
    INFO("round " << round);
    const Installation installation(Backend::sqlite);
    check_written(attempt_at_once(installation, {}), kDeferral, "new", "early");
    CHECK(counts_of(installation, Rcpt().sender) == Counts{{kProcesses, 0}});
    CHECK(installation.sql("PRAGMA journal_mode") == Rows{{"wal"}});
  }
}

TEST_CASE("fifty processes can be the first to meet a new entry in an SQLite file", "[integration][race]") {
  const Installation installation(Backend::sqlite);
  for (int round = 1; round <= 3; ++round) {
    INFO("round " << round);
    installation.add(deny_network("192.0.2.0/24"));
    for (const std::string& text : attempt_at_once(installation, {})) {
      INFO(text);
      CHECK(logged({.output = "", .errors = text}, "reason") == "denied");
      CHECK(lines(text) == 2);
    }
    installation.sql("DELETE FROM greylisting_lists");
  }
}

}  // namespace greylisting::test
