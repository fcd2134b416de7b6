#include "log.h"

#include <unistd.h>

#include "printable.h"

namespace greylisting {
namespace {

// Blanks and backslashes stand for themselves here: this is a whole line, of which values are printable
// already.
std::string on_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c == ' ' || c == '\\') {
      line += c;
    } else {
      line += printable({&c, 1});
    }
  }
  return line;
}

}  // namespace

void Log::write(LogLevel level, std::string_view text) const {
  const std::string written_line = line(level, text);
  if (written_line.empty()) return;
  // A log that cannot be written is no reason to hold up mail.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, written_line.data(), written_line.size());
}

std::string Log::line(LogLevel level, std::string_view text) const {
  if (level > level_) return {};
  return "greylisting: " + on_one_line(text) + '\n';
}

std::string describe(const Decision& decision, const Session& session) {
  std::string words;
  const auto add = [&words](std::string_view key, std::string_view value) {
    words.append(words.empty() ? "" : " ").append(key).append("=").append(printable(value));
  };
  add("outcome", name(decision.outcome()));
  add("reason", name(decision.reason));
  add("client", session.client);
  add("host", session.client_name);
  add("helo", session.helo);
  add("sender", session.sender);
  add("recipient", session.recipient);
  if (!decision.entry.empty()) add("entry", decision.entry);
  if (decision.record != 0) {
    add("record", std::to_string(decision.record));
    add("age", std::to_string(decision.age.count()));
  }
  if (decision.outcome() == Outcome::deferred) add("left", std::to_string(decision.left.count()));
  return words;
}

std::optional<std::string> describe_throttle(const Decision& decision, const Attempt& attempt) {
  if (decision.reason != Reason::unseen || decision.pending + 1 != attempt.max_pending) return std::nullopt;
  return "network " + attempt.triplet.network.text() + " has " + std::to_string(attempt.max_pending) +
         " triplets waiting (max_pending_per_client); until some pass or expire, its new ones are deferred "
         "without a record";
}

}  // namespace greylisting
