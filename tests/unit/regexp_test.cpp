#include "lists/regexp.h"

#include <optional>
#include <string>
#include <utility>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using namespace std::string_literals;

TEST_CASE("Regexp: bytes, in any case, anywhere", "[regexp]") {
  struct Case {
    std::string expression, subject;
    bool matches;
  };
  const auto row =
      GENERATE(values<Case>({{"", "", true},
                             {"", "a", true},
                             {"b", "aBc", true},
                             {"^b", "abc", false},
                             {"\xe4", "a\xe4", true},
                             {"^.$", "\xc3\xa4", false},
                             {"a\\0b", "a\0b"s, true},
                             {"a\0b"s, "a\0b"s, true},
                             {"\\w", "\xe4", false},
                             {"(a+)+$", std::string(60, 'a') + 'b', false},
                             {"(*LIMIT_MATCH=99999999)(a+)+$", std::string(60, 'a') + 'b', false}}));
  CAPTURE(row.expression, row.subject);
  const Regexp regexp(row.expression);
  CHECK(regexp.matches(row.subject) == row.matches);
}

TEST_CASE("Regexp: minds case when told to, and can be moved", "[regexp]") {
  Regexp regexp("b", LetterCase::kept);
  Regexp moved(std::move(regexp));
  CHECK_FALSE(moved.matches("aBc"));
  CHECK(moved.matches("abc"));
}

TEST_CASE("Regexp: what is beyond a limit has no answer", "[regexp]") {
  // Each of these needs a little more steps, depth or memory than it may have, and far less than PCRE2
  // allows.
  CHECK(Regexp("(a+)+$").try_match(std::string(18, 'a') + 'b') == std::nullopt);
  CHECK(Regexp("^(((((a|b)?)?)?)?)*$").try_match(std::string(1000, 'a')) == std::nullopt);
  std::string captures;
  for (int i = 0; i < 200; ++i) captures += "()";
  CHECK(Regexp("^(?:a|b)*" + captures + '$').try_match(std::string(1000, 'a')) == std::nullopt);
  CHECK(Regexp("^(?:a|b)*" + captures + '$').try_match(std::string(100, 'a')) == true);
  CHECK(Regexp("^(a|b|ab)*$").try_match(std::string(Regexp::kMaxSubject, 'a')) == true);
  CHECK(Regexp("a").try_match(std::string(Regexp::kMaxSubject, 'a')) == true);

  // Of what is longer, both ends.
  const std::string longer = "b" + std::string(3 * Regexp::kMaxSubject, 'a') + "c";
  CHECK(Regexp("^ba").try_match(longer) == true);
  CHECK(Regexp("ac$").try_match(longer) == true);
  CHECK(Regexp("^b.*c$").try_match(longer) == false);
  CHECK(Regexp("a").try_match("b") == false);
}

TEST_CASE("Regexp: an error says what is wrong and where", "[regexp]") {
  struct Case {
    std::string expression, what;
    std::size_t offset;
  };
  const auto row =
      GENERATE(values<Case>({{"a(b", "missing closing parenthesis at octet 3", 3},
                             {"ab)", "unmatched closing parenthesis at octet 2", 2},
                             {"[z-a]", "range out of order in character class at octet 3", 3},
                             {"(*UTF)a", "using UTF is disabled by the application at octet 6", 6}}));
  CAPTURE(row.expression);
  try {
    const Regexp regexp(row.expression);
    FAIL_CHECK("no error");
  } catch (const RegexpError& error) {
    CHECK(error.what() == row.what);
    CHECK(error.offset() == row.offset);
  }
}

}  // namespace
}  // namespace greylisting
