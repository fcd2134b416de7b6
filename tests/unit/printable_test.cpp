#include "text/printable.h"

#include <array>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

using namespace std::string_literals;

// Two digits by the C library.
std::string digits(char byte) {
  std::array<char, 3> text{};
  std::snprintf(text.data(), text.size(), "%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return text.data();
}

std::string expected_form(char byte) {
  const unsigned value = static_cast<unsigned char>(byte);
  if (value >= 0x21 && value <= 0x7e && value != 0x5c) return {byte};
  return "\\x" + digits(byte);
}

bool is_one_printable_word(std::string_view text) {
  for (const char c : text) {
    const unsigned value = static_cast<unsigned char>(c);
    if (value < 0x21 || value > 0x7e) return false;
  }
  return true;
}

std::string random_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random() & 0xffU);
  return bytes;
}

TEST_CASE("printable: each of the 256 bytes has its one form and comes back from it", "[printable]") {
  for (unsigned value = 0; value < 256; ++value) {
    const std::string byte(1, static_cast<char>(value));
    CAPTURE(value);
    CHECK(printable(byte) == expected_form(byte[0]));
    CHECK(unescaped(expected_form(byte[0])) == byte);
  }
}

TEST_CASE("printable: an empty string stays empty", "[printable]") {
  CHECK(printable("").empty());
  CHECK(unescaped("") == "");
}

TEST_CASE("printable: known strings", "[printable]") {
  CHECK(printable("alice@example.org") == "alice@example.org");
  CHECK(printable("we ird\"x@b.org") == "we\\x20ird\"x@b.org");
  CHECK(printable("a\r\nb") == "a\\x0d\\x0ab");
  CHECK(printable("\\x41") == "\\x5cx41");
  CHECK(printable("\0"s) == "\\x00");
  CHECK(printable("\x7f\x80\xff") == "\\x7f\\x80\\xff");
}

TEST_CASE("printable: random bytes make one printable word and come back from it", "[printable]") {
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 2000; ++i) {
    const std::string bytes = random_bytes(random, random() % 64);
    const std::string text = printable(bytes);
    std::string expected;
    for (const char c : bytes) expected += expected_form(c);
    CAPTURE(i, text);
    REQUIRE(text == expected);
    REQUIRE(is_one_printable_word(text));
    REQUIRE(unescaped(text) == bytes);
  }
  const std::string large = random_bytes(random, 64 * 1024);
  CHECK(is_one_printable_word(printable(large)));
  CHECK((unescaped(printable(large)) == large));
}

TEST_CASE("unescaped: what nobody escaped stays as it is", "[printable]") {
  const std::string text =
      GENERATE(as<std::string>(),  //
               " ", "a b", "\n", "\t", "\x7f", "\xc3\xbc", "\0"s, "a\0b"s, "us\\er", "\\", "\\x", "\\x0",
               "a\\", "a\\x", "a\\x0",  // cut off
               "\\X0a", "\\0a", "\\n", "\\\\", "\\x0g", "\\xg0", "\\x 0", "\\x-1", "\\x0x");
  CAPTURE(text);
  CHECK(unescaped(text) == text);
}

TEST_CASE("unescaped: escapes in what a person typed", "[printable]") {
  CHECK(unescaped("gr\\xC3\\xa5") == "gr\xc3\xa5");
  CHECK(unescaped("\\x41\\x5b") == "A[");
  CHECK(unescaped("\xc3\xbc\\x20b") == "\xc3\xbc b");
  CHECK(unescaped("\\x5cxff") == "\\xff");
  CHECK(unescaped("\\\\xff") == "\\\xff");
}

// Whether it reads behind the end shows under the address sanitizer: each text has memory of exactly its
// size.
TEST_CASE("unescaped: an escape that is cut off", "[printable]") {
  constexpr std::string_view kWhole = "a\\x0a";
  for (std::size_t size = 2; size < kWhole.size(); ++size) {
    const std::vector<char> cut(kWhole.begin(), kWhole.begin() + size);
    CAPTURE(size);
    CHECK(unescaped({cut.data(), cut.size()}) == kWhole.substr(0, size));
  }
  CHECK(unescaped(kWhole) == "a\n");
}

TEST_CASE("hexadecimal: two lower-case digits a byte", "[printable]") {
  CHECK(hexadecimal("").empty());
  CHECK(hexadecimal("\xc0\x00\x02\x01"s) == "c0000201");
  std::string all;
  std::string expected;
  for (unsigned value = 0; value < 256; ++value) {
    all += static_cast<char>(value);
    expected += digits(all.back());
  }
  CHECK(hexadecimal(all) == expected);
}

TEST_CASE("in_quotes: blanks as they are, other bytes printable, long texts cut", "[printable]") {
  CHECK(in_quotes("") == "\"\"");
  CHECK(in_quotes("a b") == "\"a b\"");
  CHECK(in_quotes("a\tb\xff\\") == R"("a\x09b\xff\x5c")");
  CHECK(in_quotes("abcd", 4) == "\"abcd\"");
  CHECK(in_quotes("abcde", 4) == "\"abcd...\"");
}

}  // namespace
}  // namespace greylisting
