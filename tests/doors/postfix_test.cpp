// Debian's Postfix asks greylisting-policy, as the samples in config/ have it.

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/postfix.h"
#include "tests/support/process.h"
#include "tests/support/swaks.h"
#include "tests/support/texts.h"

namespace greylisting::test {
namespace {

using Catch::Matchers::Contains;
namespace fs = std::filesystem;

bool cannot_be_tried() {
  const std::string why = why_no_postfix();
  if (!why.empty()) WARN("not tested: " + why);
  return !why.empty();
}

// Kills every service of this installation as it comes up, until it is destroyed.
class Killer {
 public:
  explicit Killer(const Installation& installation)
      : thread_([this, home = installation.home().string()](const std::stop_token& stop) {
          while (!stop.stop_requested()) kill_all(home);
        }) {}

  int killed() const { return killed_; }

 private:
  void kill_all(const std::string& home) {
    std::error_code gone;
    for (fs::directory_iterator process("/proc", gone), end; process != end; process.increment(gone)) {
      const std::string name = process->path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream file(process->path() / "cmdline");
      std::string words;
      std::getline(file, words);
      const bool is_service = words.substr(0, words.find('\0')).ends_with("greylisting-policy");
      if (!is_service || words.find(home) == std::string::npos) continue;
      if (kill(std::stoi(name), SIGKILL) == 0) ++killed_;
    }
  }

  std::atomic<int> killed_ = 0;
  std::jthread thread_;
};

// As Bob, and until it is noted, which the service does after its answer. A client has to have tried before.
void write_to_alice(const Postfix& postfix, const Installation& installation,
                    std::vector<std::string> options) {
  options.insert(options.end(), {"--from", "bob@example.org", "--quit-after", "RCPT"});
  const Result sent = postfix.send("alice@example.net", options);
  CAPTURE(sent.output);
  REQUIRE(sent.status == 0);
  while (installation.sql("SELECT COUNT(*) FROM greylisting_expected") == Rows{{"0"}})
    std::this_thread::yield();
}

}  // namespace

TEST_CASE("Postfix: deferred, and accepted with one header line when it comes back", "[postfix]") {
  if (cannot_be_tried()) return;
  const Installation installation(Backend::sqlite, "spf=host\nblock_expire=5\nheader=x-greylist\n");
  const Postfix postfix(installation);
  const std::string both = "bob@example.org,carol@example.org";

  const Result first = postfix.send(both);
  CHECK(first.status == kRecipientRefused);
  CHECK_THAT(first.output, Contains("<** 450 4.3.0 <bob@example.org>: Recipient address rejected: temporary "
                                    "failure") &&
                               Contains("<** 450 4.3.0 <carol@example.org>: "));
  CHECK(postfix.send(both).status == kRecipientRefused);

  installation.pass_time(std::chrono::minutes(6));
  CHECK(postfix.send(both).status == 0);
  CHECK(installation.sql("SELECT rcpt_to, passed_count FROM greylisting_data ORDER BY rcpt_to") ==
        Rows{{"bob@example.org", "1"}, {"carol@example.org", "1"}});
  CHECK(occurrences(postfix.delivered(), "X-Greylist: delayed 3") == 1);
}

TEST_CASE("Postfix: a name that leads back to the address is believed, an entry's text is said",
          "[postfix]") {
  if (cannot_be_tried()) return;
  const Installation installation(Backend::sqlite, "spf=host\n");
  installation.put({.action = "allow", .word = "client", .pattern = "mx.example.net"});
  installation.put({.action = "deny", .word = "client", .pattern = "198.51.100.0/24", .reply = "554 never"});
  const Postfix postfix(installation);
  CHECK(postfix.send("bob@example.org", {"--xclient", "ADDR=192.0.2.7 NAME=mx.example.net"}).status == 0);
  CHECK(postfix.send("bob@example.org", {"--xclient", "ADDR=192.0.2.7 NAME=[UNAVAILABLE]"}).status ==
        kRecipientRefused);
  const Result denied = postfix.send("bob@example.org", {"--xclient", "ADDR=198.51.100.7"});
  CHECK_THAT(denied.output, Contains("<** 554 5.7.1 <bob@example.org>: Recipient address rejected: never"));
}

TEST_CASE("Postfix: a store that is gone lets mail pass", "[postfix]") {
  if (cannot_be_tried()) return;
  const Installation installation(Backend::sqlite, "sqlite_file=missing/greylisting.db\n");
  const Postfix postfix(installation);
  CHECK(postfix.send("bob@example.org").status == 0);
}

TEST_CASE("Postfix: whom a user writes to may answer at once", "[postfix][expected]") {
  if (cannot_be_tried()) return;
  const Installation installation(Backend::sqlite, "spf=host\n");
  const Postfix postfix(installation);
  CHECK(postfix.send("bob@example.org").status == kRecipientRefused);
  const std::string submission = std::to_string(postfix.submission_port());
  write_to_alice(postfix, installation, {"--port", submission, "--xclient", "ADDR=10.0.0.5 LOGIN=bob"});
  CHECK(postfix.send("bob@example.org").status == 0);
}

TEST_CASE("Postfix: whom a client of mynetworks writes to may answer at once", "[postfix][expected]") {
  if (cannot_be_tried()) return;
  const Installation installation(Backend::sqlite, "spf=host\n");
  const Postfix postfix(installation);
  CHECK(postfix.send("bob@example.org").status == kRecipientRefused);
  write_to_alice(postfix, installation, {"--xclient", "ADDR=10.1.0.9"});
  CHECK(postfix.send("bob@example.org").status == 0);
}

TEST_CASE("Postfix: a hundred sessions at a time, every one of them is counted", "[postfix]") {
  if (cannot_be_tried()) return;
  // The client gives up at the first refusal.
  const Installation installation(Backend::sqlite, "spf=host\ntimeout=30000\nobserve=1\n");
  const Postfix postfix(installation);
  CHECK(postfix.send_many(100, 100).status == 0);
  CHECK(installation.sql("SELECT COUNT(*), SUM(blocked_count), SUM(passed_count) FROM greylisting_data") ==
        Rows{{"100", "100", "0"}});
}

TEST_CASE("Postfix: mail goes on while the service is killed again and again", "[postfix]") {
  if (cannot_be_tried()) return;
  const Installation installation(Backend::sqlite, "spf=host\ntimeout=30000\nobserve=1\n");
  const Postfix postfix(installation);
  {
    const Killer killer(installation);
    CHECK(postfix.send_many(10, 30).status == 0);
    CHECK(killer.killed() > 0);
  }
  CHECK(postfix.send("carol@example.org").status == 0);
  CHECK(installation.sql("PRAGMA integrity_check") == Rows{{"ok"}});
  CHECK(installation.sql("SELECT blocked_count FROM greylisting_data WHERE rcpt_to = 'carol@example.org'") ==
        Rows{{"1"}});
}

}  // namespace greylisting::test
