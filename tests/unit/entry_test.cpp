#include "lists/entry.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using Catch::Contains;

Pattern pattern(const std::string& word, const std::string& text) { return Pattern::parse(word, text); }

Entry entry(Action action, const std::string& word, const std::string& text, int block = -1) {
  Entry entry{.action = action, .pattern = pattern(word, text)};
  if (block >= 0) entry.block = std::chrono::minutes(block);
  return entry;
}

TEST_CASE("Every action has a word", "[entry]") {
  for (const Action action : kActions) CHECK(action_of(name(action)) == action);
  CHECK(name(Action::greylist) == "greylist");
  CHECK_FALSE(action_of("allows"));
  CHECK_FALSE(action_of(""));
}

TEST_CASE("Every kind of pattern has a word", "[entry]") {
  CHECK(name(PatternKind::network) == "network");
  CHECK(name(PatternKind::host) == "host");
  CHECK(name(PatternKind::sender) == "sender");
  CHECK(name(PatternKind::recipient) == "recipient");
}

TEST_CASE("keys_around: of the pattern itself and of what is around it, nothing of a regular expression",
          "[entry]") {
  const auto has = [](const Pattern& around, const Pattern& key) {
    const std::vector<std::string> keys = keys_around(around);
    return std::ranges::find(keys, key.key()) != keys.end();
  };
  const Pattern address = pattern("sender", "alice@mail.example.com");
  CHECK(has(address, address));
  CHECK(has(address, pattern("sender", "example.com")));
  CHECK_FALSE(has(address, pattern("sender", "example.org")));
  CHECK_FALSE(has(address, pattern("recipient", "example.com")));
  CHECK(keys_around(pattern("sender", "/^alice@/")).empty());
}

TEST_CASE("An entry has a text", "[entry]") {
  CHECK(text(entry(Action::allow, "client", "192.0.2")) == "allow client 192.0.2.0/24");
  CHECK(text(entry(Action::deny, "client", "Example.ORG")) == "deny client example.org");
  CHECK(text(entry(Action::skip, "recipient", "b\xfc@")) == "skip recipient b\\xfc@");
}

TEST_CASE("An action is for some patterns only", "[entry]") {
  struct Case {
    Entry entry;
    std::string objection;  // empty for none
  };
  const std::string long_regexp = '/' + std::string(254, 'a') + '/';
  const std::vector<Case> cases{
      {entry(Action::allow, "client", "/^a/"), ""},
      {entry(Action::deny, "sender", "<>"), ""},
      {entry(Action::trap, "recipient", "a@b.example"), ""},
      {entry(Action::trap, "sender", "a@b.example"), "trap is for recipients only"},
      {entry(Action::trap, "recipient", "/a/"), "can only allow or deny"},
      {entry(Action::skip, "client", "192.0.2.1"), "skip is for recipients only"},
      {entry(Action::skip, "recipient", "/a/"), "can only allow or deny"},
      {entry(Action::greylist, "recipient", "b.example"), ""},
      {entry(Action::greylist, "recipient", "/a/"), "can only allow or deny"},
      {entry(Action::greylist, "client", "192.0.2.1", 0), ""},
      {entry(Action::greylist, "client", "192.0.2.1"), "--block MINUTES"},
      {entry(Action::greylist, "client", "b.example", 5), "for recipients and for networks"},
      {entry(Action::greylist, "sender", "b.example", 5), "for recipients and for networks"},
      {entry(Action::allow, "client", long_regexp), "at most 255"},
      {entry(Action::allow, "client", '/' + std::string(253, 'a') + '/'), ""},
  };
  for (const Case& each : cases) {
    CAPTURE(text(each.entry));
    const auto found = objection(each.entry);
    CHECK(found.has_value() == !each.objection.empty());
    CHECK_THAT(found.value_or(""), Contains(each.objection));
  }
}

TEST_CASE("Two patterns can meet when one attempt can match both", "[entry]") {
  struct Case {
    std::string word, a, b;
    bool can;
  };
  const std::vector<Case> cases{
      {"client", "192.0.2.0/24", "192.0.2.7", true},
      {"client", "192.0.2.0/24", "192.0.2.0/24", true},
      {"client", "192.0.2.0/24", "192.0.3.0/24", false},
      {"client", "192.0.2.0/24", "2001:db8::/32", false},
      {"client", "0.0.0.0/0", "example.org", false},
      {"client", "192.0.2.0/24", "<>", false},
      {"client", "example.org", "mail.example.org", true},
      {"client", "example.org", "=example.org", true},
      {"client", "=example.org", "=mail.example.org", false},
      {"client", "example.org", "notexample.org", false},
      {"client", "*.example.org", "=example.org", false},
      {"client", "*.example.org", "example.org", true},
      {"client", "*.example.org", "*.mail.example.org", true},
      {"client", "*.example.org", "mail.example.org", true},
      {"client", "/^mail\\./", "=mail.example.org", true},
      {"client", "/^mail\\./", "=smtp.example.org", false},
      {"client", "/^192\\.0\\.2\\./", "192.0.2.7", true},
      {"client", "/a/", "/a/", true},
      {"client", "/a/", "/b/", false},
      {"sender", "alice@example.org", "example.org", true},
      {"sender", "alice@example.org", "alice@", true},
      {"sender", "alice+x@example.org", "alice@example.org", true},
      {"sender", "alice@example.org", "bob@", false},
      {"sender", "alice@", "example.org", true},
      {"sender", "alice@", "*.example.org", true},
      {"sender", "alice@", "bob@", false},
      {"sender", "alice@", "alice+x@", true},
      {"sender", "<>", "example.org", false},
      {"sender", "<>", "<>", true},
      {"sender", "<>", "alice@", false},
      {"sender", "/^alice@/", "alice@example.org", true},
      {"sender", "/^bob@/", "alice@example.org", false},
      {"recipient", "=example.org", "x.example.org", false},
      {"recipient", "example.org", "=x.example.org", true},
      {"recipient", "[192.0.2.1]", "=[192.0.2.1]", true},
  };
  for (const Case& each : cases) {
    CAPTURE(each.word, each.a, each.b);
    CHECK(can_meet(pattern(each.word, each.a), pattern(each.word, each.b)) == each.can);
    CHECK(can_meet(pattern(each.word, each.b), pattern(each.word, each.a)) == each.can);
  }
  CHECK_FALSE(can_meet(pattern("sender", "a@b.example"), pattern("recipient", "a@b.example")));
}

TEST_CASE("Of two entries that match, the plugin's order says which counts", "[entry]") {
  struct Case {
    Entry a, b;
    Precedence precedence, reverse;
  };
  using enum Precedence;
  const auto recipient = [](Action action, const std::string& text, int block = -1) {
    return entry(action, "recipient", text, block);
  };
  const std::vector<Case> cases{
      {recipient(Action::deny, "a@b.c"), recipient(Action::allow, "b.c"), by_pattern, is_the_other},
      {recipient(Action::deny, "a@b.c"), recipient(Action::allow, "a@b.c"), by_denial, is_the_other},
      {recipient(Action::deny, "a@b.c"), recipient(Action::deny, "b.c"), neither, neither},
      {recipient(Action::allow, "b.c"), recipient(Action::trap, "a@b.c"), by_order, is_the_other},
      {recipient(Action::trap, "a@b.c"), recipient(Action::greylist, "a@b.c"), by_order, is_the_other},
      {recipient(Action::skip, "b.c"), recipient(Action::deny, "a@b.c"), by_order, is_the_other},
      {recipient(Action::skip, "b.c"), recipient(Action::trap, "a@b.c"), by_order, is_the_other},
      {recipient(Action::skip, "b.c"), recipient(Action::allow, "a@b.c"), neither, neither},
      {recipient(Action::greylist, "a@b.c"), recipient(Action::skip, "b.c"), by_pattern, is_the_other},
      {recipient(Action::skip, "b.c"), recipient(Action::greylist, "b.c"), by_denial, is_the_other},
      {recipient(Action::greylist, "a@b.c", 1), recipient(Action::greylist, "b.c", 2), by_pattern,
       is_the_other},
      {recipient(Action::greylist, "a@b.c", 1), recipient(Action::greylist, "b.c", 1), neither, neither},
      {recipient(Action::greylist, "a@b.c", 1), recipient(Action::greylist, "a@b.c", 2), neither, neither},
      {recipient(Action::greylist, "a@b.c"), recipient(Action::greylist, "b.c", 2), neither, neither},
      {entry(Action::allow, "client", "10.0.0.0/8"), entry(Action::greylist, "client", "10.1.0.0/16", 3),
       by_order, is_the_other},
  };
  for (const Case& each : cases) {
    CAPTURE(text(each.a), text(each.b));
    CHECK(precedence(each.a, each.b) == each.precedence);
    CHECK(precedence(each.b, each.a) == each.reverse);
  }
}

TEST_CASE("Any text becomes one line of printable ASCII, and stays it", "[entry]") {
  for (const auto& [raw, line] :
       std::vector<std::pair<std::string, std::string>>{{"our own site", "our own site"},
                                                        {"M\xc3\xbcller", "M\\xc3\\xbcller"},
                                                        {"a\nb\tc\x1b[1m", "a\\x0ab\\x09c\\x1b[1m"},
                                                        {"C:\\x", "C:\\x"},
                                                        {"", ""}}) {
    CHECK(one_line(raw) == line);
    CHECK(one_line(line) == line);
    CHECK(stored_comment(raw) == (raw.starts_with('M') ? raw : line));
  }
  CHECK(stored_comment(std::string(300, 'a')) == std::string(255, 'a'));
  // Nothing is cut in two.
  CHECK(stored_comment(std::string(253, 'a') + "\xc3\xbc") == std::string(253, 'a') + "\xc3\xbc");
  CHECK(stored_comment(std::string(254, 'a') + "\xc3\xbc") == std::string(254, 'a'));
}

TEST_CASE("A duration is a number of minutes, hours, days or weeks", "[entry]") {
  using namespace std::chrono_literals;
  CHECK(duration_of("90m") == 90min);
  CHECK(duration_of("12h") == 12h);
  CHECK(duration_of("30d") == std::chrono::days(30));
  CHECK(duration_of("2w") == std::chrono::days(14));
  CHECK(duration_of("36525d") == std::chrono::days(36525));
  for (const char* const text : {"", "d", "0d", "-1d", "30", "30s", "3 d", "1.5h", "36526d", "4294967295w",
                                 "99999999999d", "1d2h", "0x1d"}) {
    CAPTURE(text);
    CHECK_FALSE(duration_of(text));
  }
}

}  // namespace
}  // namespace greylisting
