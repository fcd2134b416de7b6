// verdict: what a store says is a decision of the word's reason, or a StoreError that can be printed; a
// record completes it to one that has a reason and, where it defers, a wait. The input is a verdict, a line,
// and four numbers of a record behind it.

#include "judgement/verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "store/store.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

constexpr const char* kOutside = "control/greylisting_deny:3";

Attempt attempt() {
  Attempt attempt = Attempt::from(
      {.client = "192.0.2.1", .client_name = "", .helo = "", .sender = "", .recipient = "b@c"}, Settings());
  attempt.match = {.specificity = 732, .denies = true, .entry = kOutside, .reply = "550 no"};
  return attempt;
}

std::string_view word_of(Reason reason) { return reason == Reason::unseen ? "greylist" : name(reason); }

// Seconds and states as a database can have them: its time spans end with the year 9999.
std::int64_t next_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto start = std::min(text.find_first_of("-0123456789"), text.size());
  text.remove_prefix(start);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(
      text.empty() ? 0 : std::max<std::size_t>(1, static_cast<std::size_t>(parsed.ptr - text.data())));
  return number % (std::int64_t{1} << 48U);
}

void check_record(Decision decision, std::string_view numbers) {
  RecordedAttempt recorded;
  recorded.state = next_number(numbers);
  recorded.id = next_number(numbers);
  recorded.age = next_number(numbers);
  recorded.blocked_for = next_number(numbers);
  add_record(decision, recorded);
  expect(decision.outcome() != Outcome::rejected);
  expect(decision.age >= std::chrono::seconds(0));
  expect(decision.record == static_cast<std::uint64_t>(recorded.id));
  expect((decision.outcome() == Outcome::deferred) == (recorded.state <= 3));
  expect((decision.left >= std::chrono::seconds(1)) == (decision.outcome() == Outcome::deferred));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Attempt kAttempt = attempt();
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view verdict = input.substr(0, input.find('\n'));
  std::string_view numbers = input.substr(verdict.size());
  try {
    const Decision decision = read_verdict(verdict, kAttempt);
    const std::string_view word = word_of(decision.reason);
    expect(verdict.starts_with(std::string(word) + ' '));
    expect(decision.reason != Reason::known && decision.reason != Reason::retried &&
           decision.reason != Reason::early);
    const std::string_view behind = verdict.substr(word.size() + 1);
    expect(asked_by(verdict).first == Asked::nothing);
    if (decision.entry == kOutside) {
      expect(behind == "outside/0" || behind.starts_with("outside/0 "));
      expect(decision.reply == "550 no" && !decision.holds_for_session);
    } else if (!decision.entry.empty()) {
      const std::string entry = decision.entry == "low_priority_mx" ? "mx/0" : decision.entry;
      for (const std::string about : {" client", " envelope"}) {
        if (behind.starts_with(entry + about))
          expect(behind.substr(std::min(entry.size() + about.size() + 1, behind.size())) == decision.reply);
      }
      expect(behind.starts_with(entry + " client") || behind.starts_with(entry + " envelope"));
      expect(!decision.holds_for_session || behind.starts_with(entry + " client"));
    } else {
      const std::string number = std::to_string(decision.pending);
      const std::string_view digits = behind.substr(std::min(behind.find_first_not_of('0'), behind.size()));
      expect(decision.pending == 0 || digits == number);
    }
    expect(decision.left == std::chrono::seconds(0));
    Decision waiting = decision;
    add_wait(waiting, next_number(numbers));
    const bool waits = decision.reason == Reason::throttled || decision.reason == Reason::trap;
    expect((waiting.left >= std::chrono::seconds(1)) == waits);
    if (decision.reason == Reason::unseen) check_record(decision, input.substr(verdict.size()));
  } catch (const StoreError& error) {
    for (const char c : std::string_view(error.what())) expect(c >= 0x20 && c <= 0x7e);
    expect(!error.problem().empty() && !error.remedy().empty());
  }
  return 0;
}
