#include "attempt.h"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

namespace greylisting {
namespace {

using namespace std::chrono_literals;

Session session_of(std::string client) {
  return {.client = std::move(client),
          .client_name = "mail.example.com",
          .helo = "helo.example.com",
          .sender = "prvs=0123abcdef=Alice@Example.com",
          .recipient = "prvs=0123abcdef=Bob@Example.org"};
}

std::string error_for(const std::string& client) {
  try {
    Attempt::from(session_of(client), Settings());
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST_CASE("Attempt::from: the envelope in its normal form", "[attempt]") {
  const Attempt attempt = Attempt::from(session_of("192.0.2.1"), Settings());
  CHECK(attempt.triplet.sender.text() == "alice@example.com");
  CHECK(attempt.triplet.recipient.text() == "prvs=0123abcdef=bob@example.org");
}

TEST_CASE("Attempt::from: the client and the network that counts, by family", "[attempt]") {
  Settings settings;
  const auto triplet_of = [&settings](const std::string& client) {
    return Attempt::from(session_of(client), settings).triplet;
  };
  CHECK(triplet_of("192.0.2.1").client.text() == "192.0.2.1");
  CHECK(triplet_of("192.0.2.1").network.text() == "192.0.2.0/24");
  CHECK(triplet_of("2001:db8:1:2:3:4:5:6").client.text() == "2001:db8:1:2:3:4:5:6");
  CHECK(triplet_of("2001:db8:1:2:3:4:5:6").network.text() == "2001:db8:1:2::/64");

  settings.ipv4_prefix = 32;
  settings.ipv6_prefix = 48;
  CHECK(triplet_of("192.0.2.1").network.text() == "192.0.2.1/32");
  CHECK(triplet_of("2001:db8:1:2:3:4:5:6").network.text() == "2001:db8:1::/48");

  settings.ipv4_prefix = 1;
  settings.ipv6_prefix = 128;
  CHECK(triplet_of("192.0.2.1").network.text() == "128.0.0.0/1");
  CHECK(triplet_of("2001:db8:1:2:3:4:5:6").network.text() == "2001:db8:1:2:3:4:5:6/128");
}

TEST_CASE("Attempt::from: an IPv4-mapped client counts as IPv4", "[attempt]") {
  const Attempt attempt = Attempt::from(session_of("::ffff:192.0.2.1"), Settings());
  CHECK(attempt.triplet.client.text() == "192.0.2.1");
  CHECK(attempt.triplet.network.text() == "192.0.2.0/24");
}

TEST_CASE("Attempt::from: times in the units of their settings", "[attempt]") {
  Settings settings;
  settings.block_expire = 2;
  settings.record_expire = 2000;
  settings.record_expire_good = 40;
  const Attempt attempt = Attempt::from(session_of("192.0.2.1"), settings);
  CHECK((attempt.block_expire == 2min));
  CHECK((attempt.record_expire == 2000min));
  CHECK((attempt.record_expire_good == std::chrono::days(40)));
}

TEST_CASE("Attempt::from: explicit=1 greylists only what is listed", "[attempt]") {
  Settings settings;
  CHECK_FALSE(Attempt::from(session_of("192.0.2.1"), settings).only_listed);
  settings.explicit_only = 1;
  CHECK(Attempt::from(session_of("192.0.2.1"), settings).only_listed);
}

TEST_CASE("Attempt::from: says which client it cannot read", "[attempt]") {
  CHECK(error_for("unknown") == "TCPREMOTEIP=unknown is not an IP address; it comes from tcpserver");
  CHECK(error_for("") == "TCPREMOTEIP= is not an IP address; it comes from tcpserver");
  CHECK(error_for("192.0.2.0/24") ==
        "TCPREMOTEIP=192.0.2.0/24 is not an IP address; it comes from tcpserver");
}

}  // namespace
}  // namespace greylisting
