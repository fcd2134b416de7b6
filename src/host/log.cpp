#include "host/log.h"

#include <unistd.h>

#include <algorithm>

#include "process/deadline.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting {
namespace {

// Long enough for a reader that is busy. One that has stopped costs every recipient this.
constexpr std::chrono::milliseconds kPatience{100};

std::string_view outcome_word(Outcome outcome, bool is_observed) {
  if (is_observed && outcome == Outcome::deferred) return "would-defer";
  if (is_observed && outcome == Outcome::rejected) return "would-reject";
  return name(outcome);
}

// With two decimals, the rest cut off.
std::string milliseconds(std::chrono::microseconds time) {
  const auto hundredths = std::max<std::chrono::microseconds::rep>(time.count(), 0) / 10;
  const std::string decimals = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + (decimals.size() == 1 ? ".0" : ".") + decimals;
}

}  // namespace

void Log::write(LogLevel level, std::string_view text) const {
  // A log that cannot be written, or that nobody reads, is no reason to hold up mail.
  write_within(STDERR_FILENO, line(level, text), kPatience);
}

void Log::warn(const std::vector<std::string>& texts) const {
  for (const std::string& text : texts) write(LogLevel::warning, text);
}

std::string Log::line(LogLevel level, std::string_view text) const {
  if (!writes(level)) return {};
  // LOG_MAIL and LOG_INFO, as syslog(3) writes them.
  return (to_ == To::syslog ? "<22>greylisting: " : "greylisting: ") + one_line(text) + '\n';
}

std::string describe(const Decision& decision, const Session& session, const Circumstances& circumstances) {
  std::string words;
  const auto add = [&words](std::string_view key, std::string_view value) {
    words.append(words.empty() ? "" : " ").append(key).append("=").append(printable(value));
  };
  add("outcome", outcome_word(decision.outcome(), circumstances.is_observed));
  add("reason", name(decision.reason));
  add("client", session.client);
  add("host", session.client_name);
  add("helo", session.helo);
  if (!session.spf_result.empty()) add("spf", session.spf_result);
  add("sender", session.sender);
  add("recipient", session.recipient);
  if (!decision.entry.empty()) add("entry", decision.entry);
  if (decision.record != 0) {
    add("record", std::to_string(decision.record));
    add("waited", std::to_string(decision.age.count()));
  }
  if (decision.outcome() == Outcome::deferred) add("left", std::to_string(decision.left.count()));
  add("time", utc(circumstances.time));
  add("session", circumstances.session);
  add("ms", milliseconds(circumstances.elapsed));
  return words;
}

std::optional<std::string> describe_throttle(const Decision& decision, const Attempt& attempt) {
  if (decision.reason != Reason::new_triplet || decision.pending + 1 != attempt.max_pending)
    return std::nullopt;
  return "network " + attempt.triplet.network.text() + " has " + std::to_string(attempt.max_pending) +
         " triplets waiting (max_pending_per_client); until some pass or expire, its new ones are deferred "
         "without a record";
}

}  // namespace greylisting
