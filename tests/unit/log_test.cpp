#include "host/log.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/seed.h"
#include "tests/support/standard_stream.h"

namespace greylisting {
namespace {

using namespace std::chrono_literals;

constexpr std::array kLevels{LogLevel::fatal, LogLevel::error, LogLevel::warning, LogLevel::info,
                             LogLevel::debug};

using Words = std::vector<std::pair<std::string, std::string>>;

int value_of_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// A reader of log lines as somebody else would write it from the words of log.h.
Words words_in(const std::string& line) {
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

// 2026-11-21 06:11:44 UTC.
const Circumstances kCircumstances{.time = 1795241504, .session = "4711", .elapsed = 874us};
constexpr std::string_view kCircumstancesWords = "time=2026-11-21T06:11:44Z session=4711 ms=0.87";

Decision decision_with_record(Reason reason, std::uint64_t record, std::chrono::seconds age,
                              std::chrono::seconds left = 0s) {
  Decision decision;
  decision.reason = reason;
  decision.record = record;
  decision.age = age;
  decision.left = left;
  return decision;
}

Decision decision_by_entry(Reason reason, std::string entry) {
  Decision decision;
  decision.reason = reason;
  decision.entry = std::move(entry);
  return decision;
}

TEST_CASE("describe: the line of each kind of decision", "[log]") {
  struct Row {
    Decision decision;
    std::string before;
    std::string behind;
  };
  const std::vector<Row> rows{
      {decision_with_record(Reason::new_triplet, 7, 0s, 3300s), "outcome=deferred reason=new",
       " record=7 waited=0 left=3300"},
      {decision_with_record(Reason::early, 7, 60s, 3240s), "outcome=deferred reason=early",
       " record=7 waited=60 left=3240"},
      {decision_with_record(Reason::retried, 7, 3600s), "outcome=accepted reason=retried",
       " record=7 waited=3600"},
      {decision_with_record(Reason::known, 18446744073709551615U, 1s), "outcome=accepted reason=known",
       " record=18446744073709551615 waited=1"},
      {decision_by_entry(Reason::denied, "lists/12"), "outcome=rejected reason=denied", " entry=lists/12"},
      {decision_by_entry(Reason::allowed, "control/greylisting_allow:13"), "outcome=accepted reason=allowed",
       " entry=control/greylisting_allow:13"},
      {decision_by_entry(Reason::trap, "entries/3"), "outcome=deferred reason=trap",
       " entry=entries/3 left=0"},
      {decision_by_entry(Reason::trapped, ""), "outcome=rejected reason=trapped", ""},
      {decision_by_entry(Reason::not_listed, ""), "outcome=accepted reason=not-listed", ""}};
  for (const Row& row : rows) {
    CHECK(describe(row.decision, kSession, kCircumstances) == row.before + ' ' + std::string(kSessionWords) +
                                                                  row.behind + ' ' +
                                                                  std::string(kCircumstancesWords));
  }
}

TEST_CASE("describe: an empty value is a word, too", "[log]") {
  Session session = kSession;
  session.client_name = session.sender = "";
  CHECK(describe(decision_by_entry(Reason::not_listed, ""), session, kCircumstances) ==
        "outcome=accepted reason=not-listed client=192.0.2.1 host= helo=helo.example.com sender= "
        "recipient=bob@example.org " +
            std::string(kCircumstancesWords));
}

TEST_CASE("describe: SPF's result where there is one", "[log]") {
  Session session = kSession;
  session.spf_result = "softfail";
  CHECK_THAT(describe(decision_by_entry(Reason::not_listed, ""), session, kCircumstances),
             Catch::Matchers::Contains(" helo=helo.example.com spf=softfail sender=Alice@example.com "));
}

TEST_CASE("describe: what is only observed would have been done", "[log]") {
  Circumstances observed = kCircumstances;
  observed.is_observed = true;
  const auto outcome = [&](Reason reason) {
    const std::string text = describe(decision_by_entry(reason, ""), kSession, observed);
    return text.substr(0, text.find(' '));
  };
  CHECK(outcome(Reason::new_triplet) == "outcome=would-defer");
  CHECK(outcome(Reason::trap) == "outcome=would-defer");
  CHECK(outcome(Reason::denied) == "outcome=would-reject");
  CHECK(outcome(Reason::trapped) == "outcome=would-reject");
  CHECK(outcome(Reason::known) == "outcome=accepted");
  CHECK_THAT(describe(decision_by_entry(Reason::new_triplet, ""), kSession, observed),
             Catch::Matchers::Contains(" left="));
}

TEST_CASE("describe: milliseconds have two decimals", "[log]") {
  const auto [elapsed, word] = GENERATE(table<std::chrono::microseconds, std::string>({{0us, "ms=0.00"},
                                                                                       {9us, "ms=0.00"},
                                                                                       {10us, "ms=0.01"},
                                                                                       {99us, "ms=0.09"},
                                                                                       {100us, "ms=0.10"},
                                                                                       {999us, "ms=0.99"},
                                                                                       {1000us, "ms=1.00"},
                                                                                       {12345us, "ms=12.34"},
                                                                                       {2s, "ms=2000.00"},
                                                                                       {-5us, "ms=0.00"}}));
  Circumstances circumstances = kCircumstances;
  circumstances.elapsed = elapsed;
  CHECK_THAT(describe(decision_by_entry(Reason::not_listed, ""), kSession, circumstances),
             Catch::Matchers::EndsWith(" session=4711 " + word));
}

TEST_CASE("describe: hostile values are read back byte for byte", "[log]") {
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
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
    Session session{.client = hostile(),
                    .client_name = hostile(),
                    .helo = hostile(),
                    .sender = hostile(),
                    .recipient = hostile()};
    session.spf_result = hostile() + 'x';
    Decision decision = decision_with_record(Reason::early, 7, 60s, 3240s);
    decision.entry = hostile() + 'x';
    const std::string text = describe(decision, session, kCircumstances);
    CAPTURE(i, text);
    REQUIRE(is_printable_line(text));
    REQUIRE(words_in(text) == Words{{"outcome", "deferred"},
                                    {"reason", "early"},
                                    {"client", session.client},
                                    {"host", session.client_name},
                                    {"helo", session.helo},
                                    {"spf", session.spf_result},
                                    {"sender", session.sender},
                                    {"recipient", session.recipient},
                                    {"entry", decision.entry},
                                    {"record", "7"},
                                    {"waited", "60"},
                                    {"left", "3240"},
                                    {"time", "2026-11-21T06:11:44Z"},
                                    {"session", "4711"},
                                    {"ms", "0.87"}});
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

  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
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
  decision.reason = Reason::new_triplet;
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
