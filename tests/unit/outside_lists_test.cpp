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

StoredRegexp regexp(bool denies, std::string kind, std::string pattern) {
  return {.entry = "entries/1",
          .denies = denies,
          .kind = std::move(kind),
          .pattern = std::move(pattern),
          .reply = ""};
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

// What counts, `entries/1` or `control/greylisting_deny:1`; empty for nothing.
std::string counts(Asked asked, const std::vector<StoredRegexp>& regexps = {}, const std::string& lists = "",
                   bool believes = true) {
  std::vector<std::string> problems;
  const auto [match, is_whole] = outside_match(kSubjects, believes, asked, regexps, lists, problems);
  CHECK(problems.empty());
  CHECK(is_whole);
  return match ? (match->denies ? "denied " : "allowed ") + match->entry : "";
}

TEST_CASE("outside_files: what there is, and whether it is another", "[outside_lists]") {
  const Home home;
  CHECK_FALSE(outside_files("").any);
  CHECK(outside_files("plain:x").any);
  home.write(kAllowFile, "192.0.2.1\n");
  CHECK(outside_files("").any);
  CHECK_FALSE(outside_files("").deny);
  CHECK(outside_files("").deny_state.empty());

  home.write(kDenyFile, "");
  CHECK_FALSE(outside_files("").deny);
  home.write(kDenyFile, "192.0.2.1\n");
  const OutsideFiles before = outside_files("");
  CHECK(before.deny);
  CHECK(outside_files("").deny_state == before.deny_state);
  home.write("control/new", "192.0.2.2\n");
  std::filesystem::last_write_time("control/new", std::filesystem::last_write_time(kDenyFile));
  std::filesystem::rename("control/new", kDenyFile);
  CHECK(outside_files("").deny_state != before.deny_state);
}

TEST_CASE("outside_match: the most specific counts, and of equals the one that denies", "[outside_lists]") {
  const Home home;
  CHECK(counts(Asked::everything).empty());
  home.write(kAllowFile, "192.0.2.0/24\nsender alice@example.net\n");
  CHECK(counts(Asked::everything) == "allowed control/greylisting_allow:2");
  home.write(kDenyFile, "192.0.2.7\nsender alice@example.net reply=\"550 no\"\n");
  CHECK(counts(Asked::everything) == "denied control/greylisting_deny:2");
  CHECK(counts(Asked::denials) == "denied control/greylisting_deny:2");
  home.write(kDenyFile, "192.0.2.7\n");
  CHECK(counts(Asked::everything) == "allowed control/greylisting_allow:2");
  home.write(kDenyFile, "192.0.2.7 until=2020-01-01\n");
  CHECK(counts(Asked::denials).empty());
}

TEST_CASE("outside_match: what allows is asked only where something denies, or all is asked",
          "[outside_lists]") {
  const Home home;
  home.write("control/lists", "192.0.2.7\n");
  home.write("control/lists.local", "192.0.2.0/24\n");
  const std::vector<StoredRegexp> denying{regexp(true, "sender", "/^alice@/")};
  const std::vector<StoredRegexp> allowing{regexp(false, "recipient", "/^bob@/")};
  CHECK(counts(Asked::denials, allowing, "plain:control/lists").empty());
  CHECK(counts(Asked::everything, allowing) == "allowed entries/1");
  CHECK(counts(Asked::denials, denying) == "denied entries/1");
  CHECK(counts(Asked::denials, denying, "plain:control/lists") == "allowed control/lists:1");
}

TEST_CASE("outside_match: a name that is not believed allows nothing", "[outside_lists]") {
  const Home home;
  home.write(kAllowFile, "example.net\n");
  CHECK(counts(Asked::everything) == "allowed control/greylisting_allow:1");
  CHECK(counts(Asked::everything, {}, "", false).empty());
  const std::vector<StoredRegexp> by_name{regexp(false, "host", "/example/")};
  CHECK(counts(Asked::everything, by_name, "", false).empty());
  CHECK(counts(Asked::everything, {regexp(false, "host", "/^192\\.0\\.2\\./")}, "", false) ==
        "allowed entries/1");
  CHECK(counts(Asked::everything, {regexp(true, "host", "/example/")}, "", false) == "denied entries/1");
}

TEST_CASE("outside_match: what is wrong with files and expressions is said", "[outside_lists]") {
  const Home home;
  home.write(kDenyFile, "sender\n192.0.2.7\n");
  std::vector<std::string> problems;
  const auto [match, is_whole] = outside_match(kSubjects, false, Asked::everything,
                                               {regexp(true, "sender", "/(/")}, "plain:none odd:x", problems);
  REQUIRE(match.has_value());
  CHECK(match->entry == "control/greylisting_deny:2");
  CHECK(is_whole);
  REQUIRE(problems.size() == 4);
  CHECK_THAT(problems[0], Catch::StartsWith("entries/1: "));
  CHECK_THAT(problems[1], Catch::StartsWith("control/greylisting_deny:1: "));
  CHECK_THAT(problems[2], Catch::StartsWith("allow_lists: none does not exist"));
  CHECK_THAT(problems[3], Catch::Contains("\"odd\" in \"odd:x\""));
}

TEST_CASE("A file that cannot be looked at or read is something, and said", "[outside_lists]") {
  const Home home;
  const std::string kind = GENERATE("loop", "fifo", "directory");
  CAPTURE(kind);
  if (kind == "loop") std::filesystem::create_symlink("greylisting_deny", kDenyFile);
  if (kind == "fifo") REQUIRE(mkfifo(kDenyFile, 0644) == 0);
  if (kind == "directory") std::filesystem::create_directory(kDenyFile);
  CHECK(outside_files("").deny);
  std::vector<std::string> problems;
  const auto [match, is_whole] = outside_match(kSubjects, false, Asked::denials, {}, "", problems);
  CHECK_FALSE(match.has_value());
  CHECK_FALSE(is_whole);
  REQUIRE(problems.size() == 1);
  CHECK_THAT(problems[0], Catch::StartsWith("control/greylisting_deny: "));
}

}  // namespace
}  // namespace greylisting
