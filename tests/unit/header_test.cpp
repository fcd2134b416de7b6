#include "host/header.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

constexpr std::time_t kNow = 1795241504;  // 2026-11-21 06:11:44 UTC

Lines lines_of(std::string_view text) {
  Lines lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// RFC 5322, section 2.2.3: what a reader makes of a folded field.
std::string unfolded(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n') line += c;
  }
  return line;
}

TEST_CASE("delay_header: X-Greylist", "[header]") {
  CHECK(delay_header(Header::x_greylist, 312s, "mx.example.org", kNow) ==
        "X-Greylist: delayed 312 seconds by greylisting at mx.example.org;\n"
        "\tSat, 21 Nov 2026 06:11:44 +0000");
  // Folded no more than has to be: 78 characters are a line.
  CHECK(delay_header(Header::x_greylist, 1s, "mx", 1795241504 - 16 * 86400) ==
        "X-Greylist: delayed 1 seconds by greylisting at mx;\n\tThu, 05 Nov 2026 06:11:44 +0000");
  const std::string fits(78 - std::string_view("X-Greylist: delayed 312 seconds by greylisting at ;").size(),
                         'x');
  CHECK(lines_of(delay_header(Header::x_greylist, 312s, fits, kNow)) ==
        Lines{"X-Greylist: delayed 312 seconds by greylisting at " + fits + ';',
              "\tSat, 21 Nov 2026 06:11:44 +0000"});
  CHECK(lines_of(delay_header(Header::x_greylist, 312s, fits + 'x', kNow)) ==
        Lines{"X-Greylist: delayed 312 seconds", "\tby greylisting at " + fits + "x;",
              "\tSat, 21 Nov 2026 06:11:44 +0000"});
}

TEST_CASE("delay_header: Authentication-Results", "[header]") {
  CHECK(delay_header(Header::authentication_results, 312s, "mx.example.org", kNow) ==
        "Authentication-Results: mx.example.org; x-greylist=pass\n\treason=\"delayed 312 seconds\"");
  CHECK(delay_header(Header::authentication_results, 5s, "mx", kNow) ==
        "Authentication-Results: mx; x-greylist=pass reason=\"delayed 5 seconds\"");
}

TEST_CASE("delay_header: none", "[header]") {
  CHECK(delay_header(Header::off, 312s, "mx.example.org", kNow).empty());
}

TEST_CASE("delay_header: a clock that has gone back", "[header]") {
  CHECK_THAT(delay_header(Header::x_greylist, -5s, "mx", kNow),
             Catch::Matchers::Contains("delayed 0 seconds"));
}

TEST_CASE("delay_header: what is no host's name is replaced", "[header]") {
  const std::string host = GENERATE(as<std::string>(), "", "mx example", "mx\nSubject: x", "mx;", "mx\"",
                                    "mx(", "m\xc3\xbcller.example", "mx\r", std::string(254, 'x'));
  CAPTURE(host);
  CHECK(unfolded(delay_header(Header::x_greylist, 312s, host, kNow)) ==
        "X-Greylist: delayed 312 seconds by greylisting at localhost;\tSat, 21 Nov 2026 06:11:44 +0000");
  CHECK(unfolded(delay_header(Header::authentication_results, 312s, host, kNow)) ==
        "Authentication-Results: localhost; x-greylist=pass\treason=\"delayed 312 seconds\"");
}

TEST_CASE("delay_header: one field of short lines for any name and time", "[header]") {
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 1000; ++i) {
    const std::string host(1 + random() % 253, 'x');
    const std::chrono::seconds waited(static_cast<long>(random()));
    for (const Header style : {Header::x_greylist, Header::authentication_results}) {
      const Lines lines = lines_of(delay_header(style, waited, host, static_cast<std::time_t>(random())));
      CAPTURE(i, lines);
      REQUIRE(lines.front().find(": ") != std::string::npos);
      for (const std::string& line : lines) {
        REQUIRE((line.size() <= 78 || line.find(host) != std::string::npos));
        REQUIRE((&line == &lines.front()) != line.starts_with('\t'));
        REQUIRE(line.find_first_not_of(" \t") != std::string::npos);
      }
    }
  }
}

}  // namespace
}  // namespace greylisting
