#include "judgement/suspicion.h"

#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

constexpr std::string_view kOwnName = "mx.example.org";

// A session about which nothing is suspicious.
Session good_session() {
  Session session;
  session.client = "192.0.2.7";
  session.client_name = "mail.example.com";
  session.helo = "mail.example.com";
  session.sender = "alice@example.com";
  session.recipient = "bob@example.org";
  session.spf_result = "pass";
  session.local_address = "203.0.113.25";
  return session;
}

// The word for the log; `-` for none.
std::string word_for(const Session& session, std::string_view own_name = kOwnName) {
  return std::string(suspicion_of(session, *IpAddress::parse(session.client), own_name).value_or("-"));
}

TEST_CASE("suspicion_of: nothing about a mail server", "[suspicion]") {
  CHECK(word_for(good_session()) == "-");
  CHECK(word_for(good_session(), "") == "-");
}

TEST_CASE("suspicion_of: the client's name", "[suspicion]") {
  struct Case {
    std::string name, client, word;
  };
  const auto row = GENERATE(values<Case>({{"", "192.0.2.7", "no-name"},
                                          {".", "192.0.2.7", "no-name"},
                                          {"", "2001:db8::7", "no-name"},
                                          {"kiel.example.com", "192.0.2.7", "-"},
                                          {"mail.dsl.example.com", "192.0.2.7", "-"},
                                          {"a.dsl.example.com", "192.0.2.7", "dynamic-name"},
                                          {"host7.example.com", "192.0.2.7", "dynamic-name"},
                                          {"host7.example.com", "192.0.2.8", "-"},
                                          {"a.dsl.example.com", "2001:db8::7", "dynamic-name"}}));
  Session session = good_session();
  session.client_name = row.name;
  session.client = row.client;
  CAPTURE(row.name, row.client);
  CHECK(word_for(session) == row.word);
}

TEST_CASE("suspicion_of: HELO", "[suspicion]") {
  struct Case {
    std::string helo, word;
  };
  const auto row = GENERATE(values<Case>({{"", "-"},
                                          {"localhost", "-"},
                                          {"192.0.2.7", "helo-address"},
                                          {"[192.0.2.7]", "helo-address"},
                                          {"192.0.2.7.", "helo-address"},
                                          {"198.51.100.1", "helo-address"},
                                          {"2001:db8::7", "helo-address"},
                                          {"[IPv6:2001:db8::7]", "helo-address"},
                                          {"[ipv6:2001:DB8::7]", "helo-address"},
                                          {"[2001:db8::7]", "helo-address"},
                                          {"IPv6:2001:db8::7", "helo-address"},
                                          {"::ffff:192.0.2.7", "helo-address"},
                                          {"[203.0.113.25]", "helo-ours"},
                                          {"203.0.113.25", "helo-ours"},
                                          {"[IPv6:::ffff:203.0.113.25]", "helo-ours"},
                                          {"mx.example.org", "helo-ours"},
                                          {"MX.Example.ORG.", "helo-ours"},
                                          {"mx.example.or", "-"},
                                          {"mx.example.orgs", "-"},
                                          {"amx.example.org", "-"},
                                          {".", "-"},
                                          {"[", "-"},
                                          {"[]", "-"},
                                          {"[IPv6:]", "-"},
                                          {"IPv6:", "-"},
                                          {"[192.0.2]", "-"},
                                          {"192.0.2.7.example.org", "-"},
                                          {"[192.0.2.7", "-"},
                                          {"192.0.2.256", "-"}}));
  Session session = good_session();
  session.helo = row.helo;
  CAPTURE(row.helo);
  CHECK(word_for(session) == row.word);
}

TEST_CASE("suspicion_of: our own name, and when nobody knows it", "[suspicion]") {
  struct Case {
    std::string own_name, helo, word;
  };
  const auto row = GENERATE(values<Case>({{"MX.EXAMPLE.ORG.", "mx.example.org", "helo-ours"},
                                          {"mx.example.org", "MX.EXAMPLE.ORG..", "helo-ours"},
                                          {"", "", "-"},
                                          {".", "", "-"},
                                          {"", ".", "-"},
                                          {"", "mx.example.org", "-"}}));
  Session session = good_session();
  session.helo = row.helo;
  CAPTURE(row.own_name, row.helo);
  CHECK(word_for(session, row.own_name) == row.word);
}

TEST_CASE("suspicion_of: our own address, and when nobody knows it", "[suspicion]") {
  struct Case {
    std::string local_address, helo, word;
  };
  const auto row = GENERATE(values<Case>({{"", "203.0.113.25", "helo-address"},
                                          {"", "", "-"},
                                          {"?", "?", "-"},
                                          {"::ffff:203.0.113.25", "[203.0.113.25]", "helo-ours"},
                                          {"2001:db8:0::25", "[IPv6:2001:db8::25]", "helo-ours"},
                                          {"2001:db8::26", "[IPv6:2001:db8::25]", "helo-address"}}));
  Session session = good_session();
  session.local_address = row.local_address;
  session.helo = row.helo;
  CAPTURE(row.local_address, row.helo);
  CHECK(word_for(session) == row.word);
}

TEST_CASE("suspicion_of: what SPF said", "[suspicion]") {
  struct Case {
    std::string spf_result, word;
  };
  const auto row = GENERATE(values<Case>({{"", "-"},
                                          {"pass", "-"},
                                          {"none", "spf"},
                                          {"unknown", "spf"},
                                          {"neutral", "spf"},
                                          {"softfail", "spf"},
                                          {"fail", "spf"},
                                          {"error", "spf"}}));
  Session session = good_session();
  session.spf_result = row.spf_result;
  CAPTURE(row.spf_result);
  CHECK(word_for(session) == row.word);
}

TEST_CASE("suspicion_of: the first thing in the order of the header", "[suspicion]") {
  Session session = good_session();
  session.spf_result = "fail";
  CHECK(word_for(session) == "spf");
  session.helo = "192.0.2.7";
  CHECK(word_for(session) == "helo-address");
  session.helo = kOwnName;
  CHECK(word_for(session) == "helo-ours");
  session.client_name = "a.dsl.example.com";
  CHECK(word_for(session) == "dynamic-name");
  session.client_name = "";
  CHECK(word_for(session) == "no-name");
}

}  // namespace
}  // namespace greylisting
