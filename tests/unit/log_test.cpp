#include "log.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/standard_stream.h"

namespace greylisting {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kSeed = 20250606;

constexpr std::array kLevels{LogLevel::fatal, LogLevel::error, LogLevel::warning, LogLevel::info,
                             LogLevel::debug};

using Words = std::vector<std::pair<std::string, std::string>>;

int value_of_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A reader of log lines as somebody else would write it from the words of log.h.
Words parse(const std::string& line) {
  Words words;
  std::string* part = nullptr;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    if (part == nullptr) {
      words.emplace_back();
      part = &words.back().first;
    }
    if (i == line.size()) break;
    if (line[i] == ' ') {
      part = nullptr;
    } else if (line[i] == '=' && part == &words.back().first) {
      part = &words.back().second;
    } else if (line[i] == '\\') {
      REQUIRE(i + 3 < line.size());
      REQUIRE(line[i + 1] == 'x');
      REQUIRE(value_of_digit(line[i + 2]) >= 0);
      REQUIRE(value_of_digit(line[i + 3]) >= 0);
      *part += static_cast<char>(value_of_digit(line[i + 2]) * 16 + value_of_digit(line[i + 3]));
      i += 3;
    } else {
      *part += line[i];
    }
  }
  return words;
}

bool is_printable_line(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const unsigned value = static_cast<unsigned char>(c);
    return value >= 0x20 && value <= 0x7e;
  });
}

const Session kSession{.client = "192.0.2.1",
                       .client_name = "mail.example.com",
                       .helo = "helo.example.com",
                       .sender = "Alice@example.com",
                       .recipient = "bob@example.org"};
constexpr std::string_view kSessionWords =
    "client=192.0.2.1 host=mail.example.com helo=helo.example.com sender=Alice@example.com "
    "recipient=bob@example.org";

TEST_CASE("describe: the line of each kind of decision", "[log]") {
  const std::string session(kSessionWords);
  CHECK(describe({.reason = Reason::unseen, .entry = 0, .record = 7, .age = 0s, .left = 3300s}, kSession) ==
        "outcome=deferred reason=new " + session + " record=7 age=0 left=3300");
  CHECK(describe({.reason = Reason::early, .entry = 0, .record = 7, .age = 60s, .left = 3240s}, kSession) ==
        "outcome=deferred reason=early " + session + " record=7 age=60 left=3240");
  CHECK(describe({.reason = Reason::retried, .entry = 0, .record = 7, .age = 3600s, .left = 0s}, kSession) ==
        "outcome=accepted reason=retried " + session + " record=7 age=3600");
  CHECK(describe(
            {.reason = Reason::known, .entry = 0, .record = 18446744073709551615U, .age = 1s, .left = 0s},
            kSession) == "outcome=accepted reason=known " + session + " record=18446744073709551615 age=1");
  CHECK(describe({.reason = Reason::denied, .entry = 12, .record = 0, .age = 0s, .left = 0s}, kSession) ==
        "outcome=rejected reason=denied " + session + " entry=12");
  CHECK(describe({.reason = Reason::allowed, .entry = 13, .record = 0, .age = 0s, .left = 0s}, kSession) ==
        "outcome=accepted reason=allowed " + session + " entry=13");
  CHECK(describe({.reason = Reason::not_listed, .entry = 0, .record = 0, .age = 0s, .left = 0s}, kSession) ==
        "outcome=accepted reason=not-listed " + session);
}

TEST_CASE("describe: an empty value is a word, too", "[log]") {
  Session session = kSession;
  session.client_name = session.sender = "";
  CHECK(describe({.reason = Reason::not_listed, .entry = 0, .record = 0, .age = 0s, .left = 0s}, session) ==
        "outcome=accepted reason=not-listed client=192.0.2.1 host= helo=helo.example.com sender= "
        "recipient=bob@example.org");
}

TEST_CASE("describe: hostile values are read back byte for byte", "[log]") {
  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  const auto hostile = [&random] {
    static const std::vector<std::string> kPieces{" ",
                                                  "=",
                                                  "\\",
                                                  "\\x20",
                                                  "\r\n",
                                                  "\t",
                                                  "outcome=accepted",
                                                  "\x1b[2J",
                                                  "\xff",
                                                  "\xc3\xa9",
                                                  std::string(1, '\0'),
                                                  "\"",
                                                  "a@b.org",
                                                  "\x7f"};
    std::string value;
    for (std::size_t count = random() % 8; count > 0; --count) {
      const auto choice = random() % (kPieces.size() + 3);
      value +=
          choice < kPieces.size() ? kPieces[choice] : std::string(1, static_cast<char>(random() & 0xffU));
    }
    return value;
  };
  for (int i = 0; i < 2000; ++i) {
    const Session session{hostile(), hostile(), hostile(), hostile(), hostile()};
    const Decision decision{.reason = Reason::early, .entry = 3, .record = 7, .age = 60s, .left = 3240s};
    const std::string text = describe(decision, session);
    CAPTURE(i, text);
    REQUIRE(is_printable_line(text));
    REQUIRE(parse(text) == Words{{"outcome", "deferred"},
                                 {"reason", "early"},
                                 {"client", session.client},
                                 {"host", session.client_name},
                                 {"helo", session.helo},
                                 {"sender", session.sender},
                                 {"recipient", session.recipient},
                                 {"entry", "3"},
                                 {"record", "7"},
                                 {"age", "60"},
                                 {"left", "3240"}});
    // As it comes to the log: the same words behind the program's name.
    REQUIRE(Log(LogLevel::info).line(LogLevel::info, text) == "greylisting: " + text + '\n');
  }
}

TEST_CASE("Log::line: only levels up to the one set", "[log]") {
  for (const LogLevel level : kLevels) {
    CAPTURE(static_cast<int>(level));
    CHECK(Log(LogLevel::off).line(level, "text").empty());
    for (const LogLevel limit : kLevels) {
      CAPTURE(static_cast<int>(limit));
      const bool written = static_cast<int>(level) <= static_cast<int>(limit);
      CHECK(Log(limit).line(level, "text") == (written ? "greylisting: text\n" : ""));
    }
  }
}

TEST_CASE("Log: the numbers of loglevel", "[log]") {
  CHECK(static_cast<int>(LogLevel::off) == 0);
  CHECK(static_cast<int>(LogLevel::fatal) == 1);
  CHECK(static_cast<int>(LogLevel::error) == 2);
  CHECK(static_cast<int>(LogLevel::warning) == 3);
  CHECK(static_cast<int>(LogLevel::info) == 4);
  CHECK(static_cast<int>(LogLevel::debug) == 5);
}

TEST_CASE("Log::line: one line, which ends once, whatever the text is", "[log]") {
  const Log log(LogLevel::debug);
  CHECK(log.line(LogLevel::error, "") == "greylisting: \n");
  CHECK(log.line(LogLevel::error, "a\nb\r\n") == "greylisting: a\\x0ab\\x0d\\x0a\n");
  CHECK(log.line(LogLevel::error, "a \\ b") == "greylisting: a \\ b\n");
  CHECK(log.line(LogLevel::error, "a\tb\x1b\x7f\xff") == "greylisting: a\\x09b\\x1b\\x7f\\xff\n");

  CAPTURE(kSeed);
  std::mt19937 random(kSeed);
  for (int i = 0; i < 500; ++i) {
    std::string text(random() % 200, '\0');
    for (char& c : text) c = static_cast<char>(random() & 0xffU);
    const std::string line = log.line(LogLevel::error, text);
    CAPTURE(i, line);
    REQUIRE(line.starts_with("greylisting: "));
    REQUIRE(line.ends_with('\n'));
    REQUIRE(is_printable_line(std::string_view(line).substr(0, line.size() - 1)));
  }
}

TEST_CASE("Log::write: the line, in one write to standard error", "[log]") {
  const std::string long_text(8000, 'x');
  std::vector<std::string> writes;
  {
    const test::StandardStream standard_error(STDERR_FILENO);
    Log(LogLevel::warning).write(LogLevel::error, "first\nline");
    Log(LogLevel::warning).write(LogLevel::warning, long_text);
    writes = standard_error.writes();
  }
  REQUIRE(writes.size() == 2);
  CHECK(writes[0] == "greylisting: first\\x0aline\n");
  CHECK(writes[1] == "greylisting: " + long_text + '\n');
}

TEST_CASE("Log::write: no write for a level above the one set", "[log]") {
  std::vector<std::string> writes;
  {
    const test::StandardStream standard_error(STDERR_FILENO);
    Log(LogLevel::warning).write(LogLevel::info, "text");
    Log(LogLevel::off).write(LogLevel::fatal, "text");
    writes = standard_error.writes();
  }
  CHECK(writes.empty());
}

TEST_CASE("Log::write: standard error that is closed is no error", "[log]") {
  const int saved = dup(STDERR_FILENO);
  close(STDERR_FILENO);
  Log(LogLevel::debug).write(LogLevel::error, "text");
  dup2(saved, STDERR_FILENO);
  close(saved);
  SUCCEED("came back");
}

TEST_CASE("describe_throttle: said by the attempt that made the last record, by no other", "[log]") {
  const Attempt attempt{.triplet = {.client = *IpAddress::parse("192.0.2.1"),
                                    .network = *Network::parse("192.0.2.0/24"),
                                    .sender = Address::sender("a@example.org"),
                                    .recipient = Address::recipient("b@example.net")},
                        .max_pending = 3};
  Decision decision;
  decision.reason = Reason::unseen;
  decision.pending = 2;
  CHECK(describe_throttle(decision, attempt) ==
        "network 192.0.2.0/24 has 3 triplets waiting (max_pending_per_client); until some pass or expire, "
        "its new ones "
        "are deferred without a record");
  decision.pending = 1;
  CHECK_FALSE(describe_throttle(decision, attempt));
  decision.pending = 2;
  decision.reason = Reason::early;
  CHECK_FALSE(describe_throttle(decision, attempt));
}

}  // namespace
}  // namespace greylisting
