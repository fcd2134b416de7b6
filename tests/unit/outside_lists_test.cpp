#include "lists/outside_lists.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/working_directory.h"

namespace greylisting {
namespace {

const Subjects kSubjects{.client = *IpAddress::parse("192.0.2.7"),
                         .client_name = "mail.example.net",
                         .sender = Address::sender("alice@example.net"),
                         .recipient = Address::recipient("bob@example.org")};

StoredRegexp regexp(bool denies, PatternKind kind, std::string pattern) {
  return {.place = "entries/1", .denies = denies, .kind = kind, .pattern = std::move(pattern), .reply = ""};
}

// A qmail home, in which this process works.
class Home {
 public:
  Home() { std::filesystem::create_directory("control"); }
  void write(const char* file, const std::string& text) const { test::write_file(file, text, 0644); }

 private:
  test::TemporaryDirectory directory_;
  test::WorkingDirectory inside_{directory_.path()};
};

// The places that match, `entries/1 control/greylisting_deny:1`, `(entries/1)` for one that does not count;
// empty for none.
std::string places(const std::vector<MatchingEntry>& matches, Action action) {
  std::string text;
  for (const MatchingEntry& match : matches) {
    CHECK(match.action == action);
    text += (text.empty() ? "" : " ") + (match.counts ? match.place : '(' + match.place + ')');
  }
  return text;
}

std::string denials(const std::vector<StoredRegexp>& regexps = {}) {
  std::vector<std::string> problems;
  const auto matches = outside_denials(kSubjects, regexps, problems);
  CHECK(problems.empty());
  return places(matches, Action::deny);
}

std::string allowances(const std::vector<StoredRegexp>& regexps = {}, const std::string& lists = "",
                       bool believes = true) {
  std::vector<std::string> problems;
  const auto matches = outside_allowances(kSubjects, believes, regexps, lists, problems);
  CHECK(problems.empty());
  return places(matches, Action::allow);
}

TEST_CASE("outside_lists: each line of the files that matches", "[outside_lists]") {
  const Home home;
  CHECK(allowances().empty());
  CHECK(denials().empty());
  home.write(kAllowFile, "192.0.2.0/24\nsender alice@example.net\n");
  CHECK(allowances() == "control/greylisting_allow:1 control/greylisting_allow:2");
  home.write(kDenyFile, "192.0.2.7\nsender bob@example.net\nsender alice@example.net reply=\"550 no\"\n");
  CHECK(denials() == "control/greylisting_deny:1 control/greylisting_deny:3");
  home.write(kDenyFile, "192.0.2.7 until=2020-01-01\n");
  CHECK(denials().empty());
}

TEST_CASE("outside_lists: a match says how specific it is, and its reply", "[outside_lists]") {
  const Home home;
  home.write(kDenyFile, "sender alice@example.net reply=\"550 no\"\n");
  std::vector<std::string> problems;
  const auto matches = outside_denials(kSubjects, {}, problems);
  REQUIRE(matches.size() == 1);
  CHECK(matches[0].specificity == Pattern::parse("sender", "alice@example.net").specificity());
  CHECK(matches[0].kind == PatternKind::sender);
  CHECK(matches[0].reply == "550 no");
}

TEST_CASE("outside_lists: named lists, their .local, and expressions", "[outside_lists]") {
  const Home home;
  home.write("control/lists", "192.0.2.7\n");
  home.write("control/lists.local", "192.0.2.0/24\n");
  const std::vector<StoredRegexp> both{regexp(true, PatternKind::sender, "/^alice@/"),
                                       regexp(false, PatternKind::recipient, "/^bob@/")};
  CHECK(denials(both) == "entries/1");
  CHECK(allowances(both, "plain:control/lists") == "entries/1 control/lists:1 control/lists.local:1");
}

TEST_CASE("outside_lists: a name that is not believed allows nothing", "[outside_lists]") {
  const Home home;
  home.write(kAllowFile, "example.net\n");
  CHECK(allowances() == "control/greylisting_allow:1");
  CHECK(allowances({}, "", false) == "(control/greylisting_allow:1)");
  home.write(kAllowFile, "example.com\n");
  CHECK(allowances({regexp(false, PatternKind::host, "/example/")}, "", false) == "(entries/1)");
  CHECK(allowances({regexp(false, PatternKind::host, "/nothing/")}, "", false).empty());
  CHECK(allowances({regexp(false, PatternKind::host, "/^192\\.0\\.2\\./")}, "", false) == "entries/1");
  CHECK(denials({regexp(true, PatternKind::host, "/example/")}) == "entries/1");
}

TEST_CASE("outside_lists: what is wrong with files and expressions is said", "[outside_lists]") {
  const Home home;
  home.write(kDenyFile, "sender\n192.0.2.7\n");
  std::vector<std::string> problems;
  const auto denying = outside_denials(kSubjects, {regexp(true, PatternKind::sender, "/(/")}, problems);
  CHECK(places(denying, Action::deny) == "control/greylisting_deny:2");
  CHECK(outside_allowances(kSubjects, false, {}, "plain:none odd:x", problems).empty());
  REQUIRE(problems.size() == 4);
  CHECK_THAT(problems[0], Catch::StartsWith("entries/1: "));
  CHECK_THAT(problems[1], Catch::StartsWith("control/greylisting_deny:1: "));
  CHECK_THAT(problems[2], Catch::StartsWith("allow_lists: none does not exist"));
  CHECK_THAT(problems[3], Catch::Contains("\"odd\" in \"odd:x\""));
}

TEST_CASE("A file that cannot be looked at or read is something, and said", "[outside_lists]") {
  const Home home;
  CHECK_FALSE(has_content(kDenyFile));
  const std::string kind = GENERATE("loop", "fifo", "directory");
  CAPTURE(kind);
  if (kind == "loop") std::filesystem::create_symlink("greylisting_deny", kDenyFile);
  if (kind == "fifo") REQUIRE(mkfifo(kDenyFile, 0644) == 0);
  if (kind == "directory") std::filesystem::create_directory(kDenyFile);
  CHECK(has_content(kDenyFile));
  std::vector<std::string> problems;
  CHECK(outside_denials(kSubjects, {}, problems).empty());
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0], Catch::StartsWith("control/greylisting_deny: "));
}

}  // namespace
}  // namespace greylisting
