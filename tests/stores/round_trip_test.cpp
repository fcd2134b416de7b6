// round_trip_test: how many packets a decision sends after the handshake: one that looks, one that records,
// and one for the lists where they can change something.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/packet_counter.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

// The handshake, packets of statements, the end.
constexpr const char* kLooked = "hqx";
constexpr const char* kTwo = "hqqx";
constexpr const char* kThree = "hqqqx";

void use_socket(const Installation& installation, const std::filesystem::path& socket) {
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nuser=" + installation.database() + "\npassword=change-me\ndatabase=" +
                 installation.database() + "\nsocket=" + socket.string() + '\n');
}

}  // namespace

TEST_CASE("a decision asks only what can change it", "[round-trip]") {
  Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  CAPTURE(name(installation.backend()));
  PacketCounter counter(installation.server().socket());
  use_socket(installation, counter.socket());
  const auto check = [&](const std::string& reason, const char* packets, const Rcpt& rcpt) {
    CAPTURE(reason);
    CHECK(logged(installation.attempt(rcpt), "reason") == reason);
    CHECK(counter.taken() == packets);
  };

  check("new", kThree, {});
  check("early", kThree, {});
  installation.pass_time(6min * 60);
  check("new", kThree, {.recipient = "expired@example.org"});

  installation.configure("block_expire=1");
  check("new", kThree, {.recipient = "carol@example.org"});
  installation.pass_time(2min);
  check("retried", kTwo, {.recipient = "carol@example.org"});
  check("known", kTwo, {.recipient = "carol@example.org"});

  installation.configure("block_expire=1\nauto_allow_after=1");
  check("trusted", kLooked, {.recipient = "frank@example.org"});
  installation.configure("block_expire=1");

  installation.put({.action = "allow", .word = "client", .pattern = "192.0.2.96/27"});
  check("known", kTwo, {.recipient = "carol@example.org"});
  installation.put({.action = "deny", .word = "client", .pattern = "192.0.2.64/26"});
  check("known", kThree, {.recipient = "carol@example.org"});
  check("allowed", kTwo, {.client = "192.0.2.97"});
  // What the network has earned falls with what denies it.
  check("denied", kThree, {.client = "192.0.2.65"});
  check("denied", kTwo, {.client = "192.0.2.65"});
  installation.put({.action = "skip", .word = "recipient", .pattern = "open@example.org"});
  installation.put({.action = "trap", .word = "recipient", .pattern = "trap@example.org"});
  check("opted-out", kTwo, {.recipient = "open@example.org"});
  check("trap", kThree, {.client = "198.51.100.1", .recipient = "trap@example.org"});
  check("trapped", kTwo, {.client = "198.51.100.1"});

  installation.configure("max_pending_per_client=1");
  check("new", kThree, {.client = "203.0.113.1"});
  check("throttled", kTwo, {.client = "203.0.113.2", .recipient = "dave@example.org"});

  installation.configure("explicit=1");
  check("not-listed", kTwo, {.client = "203.0.113.9", .recipient = "erin@example.com"});
  installation.sql("DELETE FROM greylisting_entries");
  installation.configure("null_sender=accept");
  check("null-sender", kLooked, {.client = "203.0.113.70", .sender = "", .recipient = "grace@example.org"});
}

TEST_CASE("what is taken back of a client goes with what is recorded", "[round-trip]") {
  Installation installation(GENERATE(Backend::mariadb, Backend::mysql56),
                            "auto_allow_after=5\nblock_expire=1\n");
  CAPTURE(name(installation.backend()));
  PacketCounter counter(installation.server().socket());
  use_socket(installation, counter.socket());
  const auto next = [](const char* recipient) {
    return Rcpt{
        .recipient = recipient,
        .environment = {
            {"SMTPRCPTCOUNT", "0"}, {"SMTPRCPTCOUNTALL", "2"}, {"GREYLISTING_TRANSACTION", "1:0:earned"}}};
  };
  const auto check = [&](const std::string& reason, const char* packets, const Rcpt& rcpt) {
    CAPTURE(reason);
    CHECK(logged(installation.attempt(rcpt), "reason") == reason);
    CHECK(counter.taken() == packets);
  };
  const auto passes = [&] { return installation.sql("SELECT passes FROM greylisting_clients"); };
  check("new", kThree, {});
  installation.pass_time(2min);
  check("retried", kTwo, {});
  CHECK(passes() == Rows{{"1"}});
  check("known", kTwo, next("bob@example.org"));
  CHECK(passes() == Rows{{"0"}});
  check("new", kThree, next("carol@example.org"));
  CHECK(passes() == Rows{{"0"}});
  // It can be counted again at once.
  check("known", kTwo, {});
  CHECK(passes() == Rows{{"1"}});
}

TEST_CASE("files ask nothing of the store for a triplet that is known", "[round-trip]") {
  Installation installation(GENERATE(Backend::mariadb, Backend::mysql56),
                            "auto_allow_after=0\nblock_expire=1\n");
  CAPTURE(name(installation.backend()));
  PacketCounter counter(installation.server().socket());
  use_socket(installation, counter.socket());
  const auto check = [&](const std::string& reason, const char* packets, const Rcpt& rcpt = {}) {
    CAPTURE(reason);
    CHECK(logged(installation.attempt(rcpt), "reason") == reason);
    CHECK(counter.taken() == packets);
  };
  write_file(installation.home() / "control/greylisting_deny", "sender spam.example\n", 0644);
  write_file(installation.home() / "control/greylisting_allow", "sender friend@example.com\n", 0644);
  check("new", kThree);
  installation.pass_time(2min);
  check("retried", kTwo);
  check("known", kTwo);
  check("denied", kTwo, {.sender = "x@spam.example"});
  check("allowed", kTwo, {.sender = "friend@example.com"});
}

}  // namespace greylisting::test
