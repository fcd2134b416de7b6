#include "store/sql.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace greylisting::sql {
namespace {

using namespace std::string_literals;

IpAddress address(std::string_view text) {
  const auto address = IpAddress::parse(text);
  REQUIRE(address.has_value());
  return *address;
}

TEST_CASE("sql::literal: a binary string of any bytes", "[sql]") {
  CHECK(literal("") == "x''");
  CHECK(literal("\xc0\x00\x02\x01"s) == "x'c0000201'");
  CHECK(literal("it's") == "x'69742773'");
  CHECK(literal("\\';--\n\0\xff"s) == "x'5c273b2d2d0a00ff'");
}

TEST_CASE("sql::literal: holds nothing but digits, whatever the bytes are", "[sql]") {
  for (unsigned value = 0; value < 256; ++value) {
    const std::string text = literal(std::string(1, static_cast<char>(value)));
    CAPTURE(value, text);
    REQUIRE(text.size() == 5);
    CHECK(text.substr(0, 2) == "x'");
    CHECK(text.substr(2, 2).find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(std::stoul(text.substr(2, 2), nullptr, 16) == value);
    CHECK(text.back() == '\'');
  }
}

TEST_CASE("sql::network_literals: the most specific network's first", "[sql]") {
  CHECK(network_literals(address("192.0.2.1")) ==
        "x'c0000201',x'c0000200',x'c0000000',x'80000000',x'00000000'");
  CHECK(network_literals(address("0.0.0.0")) == "x'00000000'");
  CHECK(network_literals(address("::1")) ==
        "x'00000000000000000000000000000001',x'00000000000000000000000000000000'");
  CHECK(network_literals(address("::ffff:0.0.0.1")) == "x'00000001',x'00000000'");
}

TEST_CASE("sql::network_literals: one for each network that differs", "[sql]") {
  const auto count = [](const std::string& list) { return std::ranges::count(list, ',') + 1; };
  CHECK(count(network_literals(address("255.255.255.255"))) == 33);
  CHECK(count(network_literals(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))) == 129);
}

Attempt attempt_of(const Settings& settings, const std::string& spf_result = "") {
  return Attempt::from({.client = "192.0.2.1",
                        .sender = "alice@example.net",
                        .recipient = "bob@example.org",
                        .spf_result = spf_result},
                       settings);
}

std::map<std::string_view, std::string> by_name(const Literals& literals) {
  return {literals.begin(), literals.end()};
}

TEST_CASE("sql::literals_of: what the statements ask of an attempt", "[sql]") {
  struct Case {
    std::string name, mysql, sqlite;
  };
  Settings settings;
  settings.block_expire = std::chrono::minutes(7);
  const Attempt attempt = attempt_of(settings);
  const auto mysql = by_name(literals_of(attempt, Dialect::mysql));
  const auto sqlite = by_name(literals_of(attempt, Dialect::sqlite));
  CHECK(mysql.size() == sqlite.size());
  for (const Case& each : std::vector<Case>{
           {"explicit", "0", "0"},
           {"client", "x'c0000201'", "x'c0000201'"},
           {"network", "x'c0000200'", "x'c0000200'"},
           {"sender", "_latin1 x'616c696365406578616d706c652e6e6574'",
            "CAST(x'616c696365406578616d706c652e6e6574' AS TEXT)"},
           {"domain", "_latin1 x'6578616d706c652e6f7267'", "CAST(x'6578616d706c652e6f7267' AS TEXT)"},
           {"block_expire", "7", "7"},
           {"max_pending", "5000", "5000"},
           {"pending_rest", "4999", "4999"},
           {"pending_before", "4998", "4998"},
           {"exempt", "NULL", "NULL"},
           {"group", "NULL", "NULL"},
           {"identities", "1", "1"},
           {"believe_name", "0", "0"},
           {"id", std::to_string(record_id(attempt.key())), std::to_string(record_id(attempt.key()))},
           {"triplet", literal(bytes(attempt.key())), literal(bytes(attempt.key()))}}) {
    CAPTURE(each.name);
    CHECK(mysql.at(each.name) == each.mysql);
    CHECK(sqlite.at(each.name) == each.sqlite);
  }
}

TEST_CASE("sql::literals_of: another client, sender, recipient or setting is another question", "[sql]") {
  const auto question = [](const Attempt& attempt) {
    return by_name(literals_of(attempt, Dialect::mysql)).at("question");
  };
  const std::string one = question(attempt_of(Settings()));
  CHECK(one.size() == std::string("_latin1 x''").size() + 64);
  CHECK(question(attempt_of(Settings())) == one);
  Settings settings;
  settings.explicit_only = true;
  CHECK(question(attempt_of(settings)) != one);
  CHECK(question(attempt_of(Settings(), "pass")) != one);
  Attempt other = attempt_of(Settings());
  other.triplet.client = *IpAddress::parse("192.0.2.200");
  CHECK(question(other) != one);
  other = attempt_of(Settings());
  other.client_name = "mail.example.net";
  CHECK(question(other) != one);
}

TEST_CASE("sql::literals_of: settings at their least", "[sql]") {
  Settings settings;
  settings.max_pending_per_client = 0;
  settings.auto_allow_after = 0;
  const auto literals = by_name(literals_of(attempt_of(settings), Dialect::mysql));
  CHECK(literals.at("pending_rest") == "0");
  CHECK(literals.at("pending_before") == "0");
  CHECK(literals.at("identities") == "0");
  CHECK(std::stoull(literals.at("auto_allow_after")) > 10'000);
}

TEST_CASE("sql: a pool has a record and an identity beside the network's", "[sql]") {
  Settings settings;
  settings.group_domain_level = 3;
  const auto sizes = [&](const std::string& spf_result) {
    const Attempt attempt = attempt_of(settings, spf_result);
    return std::pair(identities_of(attempt, Dialect::mysql).size(),
                     records_of(attempt, Dialect::mysql).size());
  };
  CHECK(sizes("") == std::pair<std::size_t, std::size_t>(2, 1));
  CHECK(sizes("pass") == std::pair<std::size_t, std::size_t>(3, 2));
}

TEST_CASE("sql::with_literals: each name by its literal", "[sql]") {
  CHECK(with_literals("SELECT :client, :sender", {{"client", "1"}, {"sender", "x'61'"}}) ==
        "SELECT 1, x'61'");
  CHECK(with_literals(":a", {{"a", "1"}}) == "1");
  CHECK(with_literals("(:a||:b)", {{"a", "1"}, {"b", "2"}}) == "(1||2)");
  CHECK(with_literals(":a:b:a", {{"a", "1"}, {"b", "2"}}) == "121");
  CHECK(with_literals("(:block_expire)", {{"block_expire", "55"}}) == "(55)");
  CHECK(with_literals("", {{"a", "1"}}).empty());
  CHECK(with_literals("DO 1", {}) == "DO 1");
}

TEST_CASE("sql::with_literals: a name that has no literal stays", "[sql]") {
  CHECK(with_literals("SELECT :client, :sender", {{"client", "1"}}) == "SELECT 1, :sender");
  CHECK(with_literals(":clients :clien :client_name :_client", {{"client", "1"}}) ==
        ":clients :clien :client_name :_client");
  CHECK(with_literals("client", {{"client", "1"}}) == "client");
}

TEST_CASE("sql::with_literals: a colon that begins no name stays", "[sql]") {
  CHECK(with_literals("'9999-12-31 23:59:59'", {{"a", "1"}}) == "'9999-12-31 23:59:59'");
  CHECK(with_literals("@x := :a", {{"a", "1"}}) == "@x := 1");
  CHECK(with_literals("::a", {{"a", "1"}}) == ":1");
  CHECK(with_literals("a:", {{"a", "1"}}) == "a:");
  CHECK(with_literals(":A", {{"a", "1"}}) == ":A");
}

TEST_CASE("sql::with_literals: what it puts in is not looked at again", "[sql]") {
  CHECK(with_literals(":a :b", {{"a", ":b"}, {"b", ":a"}}) == ":b :a");
  CHECK(with_literals(":a", {{"a", ":a"}}) == ":a");
}

}  // namespace
}  // namespace greylisting::sql
