#include "text/ascii.h"

#include <string_view>

#include "tests/support/catch.h"

namespace greylisting::ascii {
namespace {

TEST_CASE("ascii: only A to Z and a to z have another case", "[ascii]") {
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    CAPTURE(i);
    CHECK(lower(c) == (i >= 0x41 && i <= 0x5a ? static_cast<char>(i + 0x20) : c));
    CHECK(upper(c) == (i >= 0x61 && i <= 0x7a ? static_cast<char>(i - 0x20) : c));
  }
  CHECK(lower("@AZ[`az{\xc3\x9c") == "@az[`az{\xc3\x9c");
  CHECK(upper("@AZ[`az{\xc3\xbc") == "@AZ[`AZ{\xc3\xbc");
  CHECK(lower("").empty());
  CHECK(upper("").empty());
}

TEST_CASE("ascii: digits and letters", "[ascii]") {
  for (const char c : std::string_view("/:@[`{\x80\xff\0 ", 10)) CHECK_FALSE(is_letter_or_digit(c));
  for (const char c : std::string_view("09azAZ")) CHECK(is_letter_or_digit(c));
  CHECK(is_digits("0123456789"));
  CHECK_FALSE(is_digits(""));
  CHECK_FALSE(is_digits("1a"));
  CHECK_FALSE(is_digits("-1"));
}

}  // namespace
}  // namespace greylisting::ascii
