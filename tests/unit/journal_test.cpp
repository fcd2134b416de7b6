#include "host/journal.h"

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

using std::chrono::seconds;

TEST_CASE("JournalLine: what is written is read again", "[journal]") {
  struct Case {
    JournalLine line;
    std::string text;
  };
  JournalLine with_all{.time = 1795241504, .reason = Reason::retried, .age = seconds(7)};
  with_all.is_first_retry = true;
  with_all.attempt = "client=192.0.2.7 more=x";
  for (const Case& expected :
       {Case{{.time = 1795241504, .reason = Reason::new_triplet}, "1795241504 new\n"},
        Case{{.time = 1795241504, .reason = Reason::retried, .age = seconds(3312), .is_first_retry = true},
             "1795241504 retried 3312 first\n"},
        Case{{.time = 1795241504, .reason = Reason::early, .age = seconds(0), .is_first_retry = true},
             "1795241504 early 0 first\n"},
        Case{{.time = 1795241504, .reason = Reason::known, .age = seconds(1)}, "1795241504 known 1\n"},
        Case{{.time = 1795241504}, "1795241504 error\n"},
        Case{{.time = 1795241504, .attempt = "client=192.0.2.7 sender= recipient=b@example.org"},
             "1795241504 error client=192.0.2.7 sender= recipient=b@example.org\n"},
        Case{{.time = 1795241504, .reason = Reason::known, .age = seconds(7), .attempt = "client=192.0.2.7"},
             "1795241504 known 7 client=192.0.2.7\n"},
        Case{with_all, "1795241504 retried 7 first client=192.0.2.7 more=x\n"}}) {
    CHECK(text(expected.line) == expected.text);
    const auto line = read_journal_line(expected.text.substr(0, expected.text.size() - 1));
    REQUIRE(line);
    CHECK(*line == expected.line);
  }
  for (const Reason reason : kReasons) {
    const JournalLine line{.time = 1, .reason = reason};
    const std::string written = text(line);
    CHECK(read_journal_line(written.substr(0, written.size() - 1)) == line);
  }
}

TEST_CASE("read_journal_line: what is no line", "[journal]") {
  for (const std::string_view text :
       {"", " ", "1795241504", "1795241504 ", "x new", "-1 new", "1795241504 nEw", "1795241504 new x",
        "1795241504 new 5 second", "1795241504 new 5 first ", "1795241504 new -5", "1795241504  new",
        "99999999999999999999 new", "1795241504 new 5 first\n", "1795241504 new 5 first x",
        "1795241504 new sender=x"}) {
    CAPTURE(text);
    CHECK_FALSE(read_journal_line(text));
  }
}

TEST_CASE("journal_line: of a decision", "[journal]") {
  const auto before = std::time(nullptr);
  const Session session{.client = "192.0.2.7", .sender = "A b@Example.net", .recipient = "bob@example.org"};
  const Decision decision{
      .reason = Reason::early, .entry = "entries/3", .record = 17, .age = seconds(7), .is_first_retry = true};
  const JournalLine line = journal_line(decision, session, {});
  CHECK(line.time >= before);
  CHECK(line == JournalLine{.time = line.time,
                            .reason = Reason::early,
                            .age = seconds(7),
                            .is_first_retry = true,
                            .attempt = "client=192.0.2.7 sender=a\\x20b@example.net "
                                       "recipient=bob@example.org entry=entries/3 record=17"});
  CHECK(attempt_of(line) == JournalAttempt{.client = "192.0.2.7",
                                           .sender = "a\\x20b@example.net",
                                           .recipient = "bob@example.org",
                                           .entry = "entries/3",
                                           .record = 17});
  CHECK_FALSE(journal_line(session, {}).reason);
  CHECK_FALSE(attempt_of(JournalLine{.time = 1}));
}

TEST_CASE("journal_line: with privacy=hash it has no address, and never a long one", "[journal]") {
  Settings settings;
  settings.privacy = Privacy::hash;
  settings.privacy_key = "a secret of twenty two";
  const Session session{.client = "192.0.2.7", .sender = "alice@example.net", .recipient = "bob@example.org"};
  const std::string hashed = journal_line(session, settings).attempt;
  CAPTURE(hashed);
  CHECK(hashed.find("alice") == std::string::npos);
  CHECK(hashed.find("example") == std::string::npos);
  const std::string long_one(5000, 'x');
  CHECK(journal_line({.client = "192.0.2.7", .sender = long_one, .recipient = long_one}, {}).attempt.size() <
        600);
}

}  // namespace
}  // namespace greylisting
