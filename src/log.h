// log: lines for the mail log, on standard error.
#pragma once

#include <string>
#include <string_view>

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

}  // namespace greylisting
