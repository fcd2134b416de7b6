// round_trip_test: after the handshake a decision is one packet to the server, whatever its outcome.

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

// The handshake, one packet of statements, the end.
constexpr const char* kOneRoundTrip = "hqx";

void use_socket(const Installation& installation, const std::filesystem::path& socket) {
  write_file(installation.home() / "control/mysql.cnf",
             "[client]\nuser=" + installation.database() + "\npassword=change-me\ndatabase=" +
                 installation.database() + "\nsocket=" + socket.string() + '\n');
}

}  // namespace

TEST_CASE("a decision is one round trip after the handshake", "[round-trip]") {
  Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  CAPTURE(name(installation.backend()));
  PacketCounter counter(installation.server().socket());
  use_socket(installation, counter.socket());
  const auto check = [&](const std::string& reason, const Rcpt& rcpt) {
    CAPTURE(reason);
    CHECK(logged(installation.attempt(rcpt), "reason") == reason);
    CHECK(counter.taken() == kOneRoundTrip);
  };

  check("new", {});
  check("early", {});
  installation.pass_time(6min * 60);
  check("new", {.recipient = "expired@example.org"});

  installation.configure("block_expire=1");
  check("new", {.recipient = "carol@example.org"});
  installation.pass_time(2min);
  check("retried", {.recipient = "carol@example.org"});
  check("known", {.recipient = "carol@example.org"});

  installation.configure("block_expire=1\nauto_allow_after=1");
  check("trusted", {.recipient = "frank@example.org"});
  installation.configure("block_expire=1");

  installation.add(deny_network("192.0.2.64/26"));
  installation.add(allow_network("192.0.2.96/27"));
  check("denied", {.client = "192.0.2.65"});
  check("allowed", {.client = "192.0.2.97"});
  installation.put({.action = "deny", .word = "sender", .pattern = "mallory@example.net"});
  installation.put({.action = "skip", .word = "recipient", .pattern = "open@example.org"});
  installation.put({.action = "trap", .word = "recipient", .pattern = "trap@example.org"});
  check("denied", {.sender = "mallory@example.net"});
  check("opted-out", {.recipient = "open@example.org"});
  check("trap", {.client = "198.51.100.1", .recipient = "trap@example.org"});
  check("trapped", {.client = "198.51.100.1"});

  installation.configure("max_pending_per_client=1");
  check("new", {.client = "203.0.113.1"});
  check("throttled", {.client = "203.0.113.2", .recipient = "dave@example.org"});

  installation.configure("explicit=1");
  check("not-listed", {.client = "203.0.113.9", .recipient = "erin@example.com"});

  installation.configure("null_sender=accept");
  check("null-sender", {.client = "203.0.113.70", .sender = "", .recipient = "grace@example.org"});
}

TEST_CASE("files and regular expressions cost a second round trip, but not for a triplet that is known",
          "[round-trip]") {
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
  const bool is_file = GENERATE(true, false);
  CAPTURE(is_file);
  if (is_file) {
    write_file(installation.home() / "control/greylisting_deny", "sender spam.example\n", 0644);
  } else {
    installation.put({"deny", "sender", "/@spam\\.example$/"});
  }
  check("new", "hqqx");
  installation.pass_time(2min);
  check("retried", "hqqx");
  check("known", kOneRoundTrip);
  check("denied", "hqqx", {.sender = "x@spam.example"});

  // What only allows is not asked where mail passes.
  write_file(installation.home() / "control/greylisting_deny", "", 0644);
  installation.sql("DELETE FROM greylisting_entries");
  if (is_file) {
    write_file(installation.home() / "control/greylisting_allow", "sender friend@example.com\n", 0644);
  } else {
    installation.put({"allow", "sender", "/^friend@example\\.com$/"});
  }
  check("known", kOneRoundTrip);
  check("new", "hqqx", {.recipient = "carol@example.org"});
  check("allowed", "hqqx", {.sender = "friend@example.com"});
}

}  // namespace greylisting::test
