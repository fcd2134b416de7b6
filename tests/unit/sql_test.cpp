#include "store/sql.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

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

TEST_CASE("sql: the few words that differ", "[sql]") {
  CHECK(now(Dialect::mysql) == "UTC_TIMESTAMP()");
  CHECK(now(Dialect::sqlite) == "datetime('now')");
  CHECK(from_now(std::chrono::minutes(5), Dialect::mysql) == "(UTC_TIMESTAMP() + INTERVAL 300 SECOND)");
  CHECK(from_now(std::chrono::seconds(-7), Dialect::sqlite) == "datetime('now', '-7 seconds')");
  CHECK(on_conflict("triplet", Dialect::mysql) == "ON DUPLICATE KEY UPDATE");
  CHECK(on_conflict("a, b", Dialect::sqlite) == "ON CONFLICT (a, b) DO UPDATE SET");
  CHECK(inserted("passes", Dialect::mysql) == "VALUES(passes)");
  CHECK(inserted("passes", Dialect::sqlite) == "excluded.passes");
  CHECK(text_literal("a", Dialect::mysql) == "_latin1 x'61'");
  CHECK(text_literal("a", Dialect::sqlite) == "CAST(x'61' AS TEXT)");
}

TEST_CASE("sql::record_id: the first 52 bits of the key", "[sql]") {
  Fingerprint key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(i + 1);
  CHECK(record_id(key) == 0x0102030405060);
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
