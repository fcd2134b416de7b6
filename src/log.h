// log: lines for the mail log, on standard error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "attempt.h"
#include "decision.h"
#include "session.h"

namespace greylisting {

/// The numbers of `loglevel`.
enum class LogLevel { off = 0, fatal = 1, error = 2, warning = 3, info = 4, debug = 5 };

class Log {
 public:
  /// Lines of a level above this one are not written.
  explicit Log(LogLevel level) : level_(level) {}

  /// `text` as one line, written with one call.
  void write(LogLevel level, std::string_view text) const;

  /// What `write` would write; empty when it would write nothing.
  std::string line(LogLevel level, std::string_view text) const;

 private:
  LogLevel level_;
};

/// What became of an attempt and why: `key=value` words with a blank between them. A value is written as by
/// `printable`, so that it has no blank and can be read back byte for byte.
std::string describe(const Decision& decision, const Session& session);

/// What is said once when a client's network reaches max_pending_per_client, by the attempt that made the
/// last record; nothing for any other attempt.
std::optional<std::string> describe_throttle(const Decision& decision, const Attempt& attempt);

}  // namespace greylisting
