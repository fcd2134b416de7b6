#include "mail/reply.h"

#include <chrono>
#include <random>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

// RFC 5321, section 4.2: textstring is %d09 / %d32-126; a tab is not taken here.
bool is_reply_text(std::string_view text) {
  for (const char c : text) {
    const unsigned value = static_cast<unsigned char>(c);
    if (value < 0x20 || value > 0x7e) return false;
  }
  return true;
}

TEST_CASE("is_reply: replies of the class asked for", "[reply]") {
  CHECK(is_reply("451 temporary failure (#4.3.0)", '4'));
  CHECK(is_reply("553 sorry, your envelope sender has been denied (#5.7.1)", '5'));
  CHECK(is_reply("400 x", '4'));
  CHECK(is_reply("459 x", '4'));
  CHECK(is_reply("451  ", '4'));
  CHECK(is_reply("451 !~", '4'));
  CHECK_FALSE(is_reply("451 x", '5'));
  CHECK_FALSE(is_reply("553 x", '4'));
}

TEST_CASE("is_reply: what is no reply line", "[reply]") {
  const std::string text =
      GENERATE(as<std::string>(), "", "4", "45", "451", "451 ", "451x", "451-x", "451\tx", "4511 x", "45 x",
               "4 51 x", " 451 x", "E451 x", "x451 x", "45a x", "4a1 x", "4/1 x", "45: x", "251 x", "351 x",
               "461 x", "491 x",  // RFC 5321, section 4.2.3: the second digit is 0 to 5
               "451 a\tb", "451 a\r", "451 a\n", "451 a\r\n250 b", "451 a\0b"s, "451 \x7f", "451 \x80",
               "451 \xff", "451 \xc3\xa9t\xc3\xa9", "451 a\x1b[31m");
  CAPTURE(text);
  CHECK_FALSE(is_reply(text, '4'));
}

TEST_CASE("is_reply: takes 512 octets with CR LF and no more", "[reply]") {
  const std::string longest = "451 " + std::string(506, 'x');
  REQUIRE(longest.size() == 510);
  CHECK(kMaxReply == 510);
  CHECK(is_reply(longest, '4'));
  CHECK_FALSE(is_reply(longest + 'x', '4'));
}

TEST_CASE("expand_reply: what stands for what", "[reply]") {
  struct Row {
    std::string text, expanded;
  };
  const auto row = GENERATE(values<Row>({
      {"451 later", "451 later"},
      {"", ""},
      {"451 in %s s", "451 in 3300 s"},
      {"451 %s", "451 3300"},
      {"%s", "3300"},
      {"451 for %r", "451 for example.org"},
      {"451 %r: %s %s %r", "451 example.org: 3300 3300 example.org"},
      {"451 100%%", "451 100%"},
      {"451 %%s %%r", "451 %s %r"},
      {"451 %%%s", "451 %3300"},
      {"451 %%%%", "451 %%"},
      {"451 100%", "451 100%"},  // a lone one at the end
      {"451 %%%", "451 %%"},
      {"%", "%"},
      {"451 %x %d %S %R", "451 %x %d %S %R"},  // unknown ones stay
      {"451 %", "451 %"},
      {"451 % s", "451 % s"},
      {"451 %x%s", "451 %x3300"},
      {"451 sr", "451 sr"},
  }));
  CAPTURE(row.text);
  CHECK(expand_reply(row.text, 3300s, "example.org") == row.expanded);
}

TEST_CASE("expand_reply: what it puts in is not expanded again", "[reply]") {
  CHECK(expand_reply("451 %r", 60s, "%s.%r.%%") == "451 %s.%r.%%");
}

TEST_CASE("expand_reply: seconds left", "[reply]") {
  CHECK(expand_reply("%s", 0s, "") == "0");
  CHECK(expand_reply("%s", 1s, "") == "1");
  CHECK(expand_reply("%s", std::chrono::minutes(525600), "") == "31536000");
}

TEST_CASE("expand_reply: hostile recipient domains", "[reply]") {
  CHECK(expand_reply("451 %r", 1s, "a\r\n250 ok") == "451 a\\x0d\\x0a250\\x20ok");
  CHECK(expand_reply("451 %r", 1s, "\xff\x80\x7f") == "451 \\xff\\x80\\x7f");
  CHECK(expand_reply("451 %r", 1s, "a\0b"s) == "451 a\\x00b");
  CHECK(expand_reply("451 %r", 1s, "") == "451 -");
}

TEST_CASE("doubt_about_deferral: after what clients do not try again as they should", "[reply]") {
  for (const std::string text : {"451 temporary failure (#4.3.0)", "450 4.7.1 try again in %s seconds",
                                 "451 4.3.0 wait", "450 5 minutes", "451 1.5 hours", "450 2.5h", "550 no"}) {
    CAPTURE(text);
    CHECK(doubt_about_deferral(text).empty());
  }
  CHECK(
      doubt_about_deferral("421 come back later") ==
      "421 says that the server hangs up: the client leaves, too, and all its other recipients are lost for "
      "now; write 450 or 451");
  for (const std::string code : {"422", "400", "432", "452", "454", "459"}) {
    CHECK(
        doubt_about_deferral(code + " later") ==
        code +
            " is taken for a permanent failure, or for one of the whole host, by some clients; write 450 or "
            "451");
  }
  CHECK(doubt_about_deferral("451 5.7.1 greylisted") ==
        "the status code 5.7.1 is not that of a deferral, and some clients go by it; write 4.7.1");
  CHECK_FALSE(doubt_about_deferral("450 2.0.0 ok").empty());
}

TEST_CASE("expand_reply: cuts at 510 octets", "[reply]") {
  const std::string start = "451 for ";
  const auto with_domain = [&start](std::size_t size) {
    return expand_reply(start + "%r", 1s, std::string(size, 'd'));
  };
  const std::size_t fits = 510 - start.size();
  CHECK(with_domain(fits) == start + std::string(fits, 'd'));
  CHECK(with_domain(fits + 1) == start + std::string(fits, 'd'));
  CHECK(with_domain(64 * 1024) == start + std::string(fits, 'd'));
  CHECK(expand_reply("451 " + std::string(506, 'x') + "%s", 1s, "") == "451 " + std::string(506, 'x'));
}

TEST_CASE("expand_reply: always one reply line, whatever the recipient's domain is", "[reply]") {
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  const std::string text = GENERATE(as<std::string>(), "451 %r", "451 wait %s seconds, %r", "451 %r%r%r%r");
  for (int i = 0; i < 500; ++i) {
    std::string domain(i == 0 ? 64 * 1024 : 1 + random() % 400, '\0');
    for (char& c : domain) c = static_cast<char>(random() & 0xffU);
    const std::string reply = expand_reply(text, 3300s, domain);
    CAPTURE(i, reply);
    REQUIRE(is_reply_text(reply));
    REQUIRE(reply.starts_with("451 "));
    REQUIRE(reply.size() <= 510);
    REQUIRE(is_reply(reply, '4'));
  }
}

}  // namespace
}  // namespace greylisting
