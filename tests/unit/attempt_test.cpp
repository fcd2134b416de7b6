#include "judgement/attempt.h"

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "tests/support/catch.h"

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
  settings.block_expire = 2min;
  settings.record_expire = 2000min;
  settings.record_expire_good = std::chrono::days(40);
  const Attempt attempt = Attempt::from(session_of("192.0.2.1"), settings);
  CHECK((attempt.block_expire == 2min));
  CHECK((attempt.record_expire == 2000min));
  CHECK((attempt.record_expire_good == std::chrono::days(40)));
}

TEST_CASE("Keys::clients: what can earn trust, the client's network first", "[attempt]") {
  Settings settings;
  Session session = session_of("192.0.2.1");
  const auto texts = [&] {
    std::string all;
    for (const ClientIdentity& identity : Attempt::from(session, settings).keys.clients)
      all += identity.name + '|';
    return all;
  };
  const std::string network = texts();
  CHECK(network == "192.0.2.0/24|");
  session.spf_result = "pass";
  const std::string pool = texts();
  CHECK_THAT(pool, Catch::StartsWith(network) && Catch::Contains("example.com"));
  settings.group_domain_level = 3;
  const std::string all = texts();
  CHECK_THAT(all, Catch::StartsWith(pool) && Catch::Contains("alice@example.com"));
  CHECK(all != pool);
}

TEST_CASE("Attempt::from: explicit=1 greylists only what is listed", "[attempt]") {
  Settings settings;
  CHECK_FALSE(Attempt::from(session_of("192.0.2.1"), settings).only_listed);
  settings.explicit_only = true;
  CHECK(Attempt::from(session_of("192.0.2.1"), settings).only_listed);
}

TEST_CASE("Attempt::from: the sender's domain vouches when SPF passes, and only then", "[attempt]") {
  Session session = session_of("192.0.2.1");
  for (const char* const result : {"", "none", "unknown", "neutral", "softfail", "fail", "error", "PASS"}) {
    session.spf_result = result;
    CHECK_FALSE(Attempt::from(session, Settings()).triplet.pool);
  }
  session.spf_result = "pass";
  CHECK(Attempt::from(session, Settings()).triplet.pool == "example.com");
  session.sender = "";
  CHECK_FALSE(Attempt::from(session, Settings()).triplet.pool);
}

TEST_CASE("Attempt::from: who need not be greylisted", "[attempt]") {
  Settings settings;
  Session session = session_of("192.0.2.1");
  CHECK_FALSE(Attempt::from(session, settings).exempt);
  settings.greylist = Greylist::suspicious;
  CHECK(Attempt::from(session, settings).exempt == Reason::not_suspicious);
  settings.own_name = "helo.example.com";
  CHECK_FALSE(Attempt::from(session, settings).exempt);
  session.sender = "";
  CHECK_FALSE(Attempt::from(session, settings).exempt);
  settings.null_sender = NullSender::accept;
  CHECK(Attempt::from(session, settings).exempt == Reason::null_sender);
}

TEST_CASE("Attempt::from: with greylist=unvouched who is vouched for need not be greylisted", "[attempt]") {
  Settings settings;
  settings.greylist = Greylist::unvouched;
  Session session = session_of("192.0.2.1");
  session.client_name = "";  // which would be suspicious
  CHECK_FALSE(Attempt::from(session, settings).exempt);
  session.spf_result = "softfail";
  CHECK_FALSE(Attempt::from(session, settings).exempt);
  session.spf_result = "pass";
  CHECK(Attempt::from(session, settings).exempt == Reason::not_suspicious);
  session.sender = "";
  CHECK_FALSE(Attempt::from(session, settings).exempt);
  settings.null_sender = NullSender::accept;
  CHECK(Attempt::from(session, settings).exempt == Reason::null_sender);
}

TEST_CASE("Attempt::from: with match=smart a client without a name of its own counts by its address",
          "[attempt]") {
  Settings settings;
  settings.match = Match::smart;
  Session session = session_of("192.0.2.1");
  const auto network = [&] { return Attempt::from(session, settings).triplet.network.text(); };
  CHECK(network() == "192.0.2.0/24");
  session.client_name = "192-0-2-1.dsl.example.com";
  CHECK(network() == "192.0.2.1/32");
  session.client_name = "";
  CHECK(network() == "192.0.2.1/32");
  session.client = "2001:db8::1";
  CHECK(network() == "2001:db8::1/128");
  settings.match = Match::triplet;
  CHECK(network() == "2001:db8::/64");
}

TEST_CASE("Attempt::from: with match=smart an IPv6 address counts by its network when it is EUI-64",
          "[attempt]") {
  Settings settings;
  settings.match = Match::smart;
  Session session = session_of("2001:db8::211:22ff:fe33:4455");
  const auto network = [&] { return Attempt::from(session, settings).triplet.network.text(); };
  CHECK(network() == "2001:db8::/64");
  settings.ipv6_prefix = 56;
  CHECK(network() == "2001:db8::/56");
  session.client = "2001:db8::211:22ff:ee33:4455";
  CHECK(network() == "2001:db8::211:22ff:ee33:4455/128");
  session.client = "2001:db8::211:22ff:fe33:4455";
  session.client_name = "host-2001-db8--211-22ff-fe33-4455.dsl.example.com";
  CHECK(network() == "2001:db8::211:22ff:fe33:4455/128");
  session.client_name = "";
  CHECK(network() == "2001:db8::211:22ff:fe33:4455/128");
  settings.match = Match::network;
  CHECK(network() == "2001:db8::/56");
}

TEST_CASE("Attempt::from: HELO counts with match_helo=1, in any case", "[attempt]") {
  Settings settings;
  Session session = session_of("192.0.2.1");
  CHECK(Attempt::from(session, settings).triplet.helo.empty());
  settings.match_helo = true;
  session.helo = "HELO.Example.com.";
  CHECK(Attempt::from(session, settings).triplet.helo == "helo.example.com");
}

TEST_CASE("Attempt::from: says which client it cannot read", "[attempt]") {
  CHECK(error_for("unknown") == "TCPREMOTEIP=unknown is not an IP address; it comes from tcpserver");
  CHECK(error_for("") == "TCPREMOTEIP= is not an IP address; it comes from tcpserver");
  CHECK(error_for("192.0.2.0/24") ==
        "TCPREMOTEIP=192.0.2.0/24 is not an IP address; it comes from tcpserver");
}

}  // namespace
}  // namespace greylisting
