#include "text/utf8.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

TEST_CASE("line_of_utf8: what can be seen stays, every other byte is escaped", "[utf8]") {
  for (const auto& [text, line] : std::vector<std::pair<std::string, std::string>>{
           {"", ""},
           {"our own \\ #1", "our own \\ #1"},
           {"M\xc3\xbcllschleuder", "M\xc3\xbcllschleuder"},
           {"\xe2\x82\xac, \xe4\xb8\xad\xe6\x96\x87, \xf0\x9f\x93\xa7",
            "\xe2\x82\xac, \xe4\xb8\xad\xe6\x96\x87, \xf0\x9f\x93\xa7"},
           {"a\nb\tc\x1b[1m\x7f", "a\\x0ab\\x09c\\x1b[1m\\x7f"},
           {std::string("a\0b", 3), "a\\x00b"},
           {"\xfc", "\\xfc"},                             // Latin-1
           {"\xc3", "\\xc3"},                             // cut off
           {"\xc3(", "\\xc3("},                           //
           {"\xc0\xaf", "\\xc0\\xaf"},                    // longer than need be
           {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},           //
           {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
           {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond the last
           {"\xc2\x9b", "\\xc2\\x9b"},                    // a control sequence
           {"\xe2\x80\xae"
            "abc",
            "\\xe2\\x80\\xae"
            "abc"},                                       // right to left
           {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},           // a line end
           {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},           // a byte order mark
           {"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},  // a tag
           {"\xef\xbf\xbf", "\\xef\\xbf\\xbf"},           // no character
       }) {
    CAPTURE(text, line);
    CHECK(line_of_utf8(text) == line);
    CHECK(line_of_utf8(line) == line);
  }
}

TEST_CASE("line_of_utf8: is cut before a character", "[utf8]") {
  CHECK(line_of_utf8("abc", 2) == "ab");
  CHECK(line_of_utf8("a\xc3\xbc", 3) == "a\xc3\xbc");
  CHECK(line_of_utf8("a\xc3\xbc", 2) == "a");
  CHECK(line_of_utf8("a\nb", 4) == "a");
  CHECK(line_of_utf8(std::string(100000, 'x'), 255) == std::string(255, 'x'));
}

TEST_CASE("line_of_utf8: of any bytes a line that stays as it is", "[utf8]") {
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 5000; ++i) {
    std::string bytes(random() % 20, '\0');
    for (char& c : bytes) c = static_cast<char>(random() & 0xffU);
    const std::string line = line_of_utf8(bytes);
    REQUIRE(line_of_utf8(line) == line);
    REQUIRE(line.find('\n') == std::string::npos);
    REQUIRE(line_of_utf8(bytes, 10).size() <= 10);
  }
}

}  // namespace
}  // namespace greylisting
