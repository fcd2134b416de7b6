// log: lines for the mail log, on standard error.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judgement/attempt.h"
#include "judgement/decision.h"
#include "judgement/session.h"

namespace greylisting {

/// The numbers of `loglevel`.
enum class LogLevel { off = 0, fatal = 1, error = 2, warning = 3, info = 4, debug = 5 };

class Log {
 public:
  /// Lines of a level above this one are not written. With Syslog, standard error is the system log
  /// (process.h), which wants to be told that it is about mail.
  enum class To { standard_error, syslog };
  explicit Log(LogLevel level, To where = To::standard_error) : level_(level), to_(where) {}

  /// Whether a line of this level is written.
  bool writes(LogLevel level) const { return level <= level_; }

  /// `text` as one line, written with one call. A line that nobody takes within 100 ms is lost.
  void write(LogLevel level, std::string_view text) const;

  /// Each of them as a warning.
  void warn(const std::vector<std::string>& texts) const;

  /// What `write` would write; empty when it would write nothing.
  std::string line(LogLevel level, std::string_view text) const;

 private:
  LogLevel level_;
  To to_;
};

/// What a line tells of a decision beside the decision itself.
struct Circumstances {
  std::time_t time = 0;                  // when the line is written
  std::string session{};                 // the same for all recipients of a message or connection
  std::chrono::microseconds elapsed{0};  // what the decision took
  bool is_observed = false;              // observe=1: what would have been done was not
};

/// What became of an attempt and why: `key=value` words with a blank between them, each key once. A value is
/// written as by `printable`, so that it has no blank and can be read back byte for byte. In this order:
///
///     outcome    accepted, deferred, rejected; with observe=1 also would-defer, would-reject
///     reason     decision.h
///     client, host, helo
///     spf        when SPF was checked
///     sender, recipient
///     entry      when an entry has decided
///     record     when there is one, its id; and with it
///     waited     seconds since it was created
///     left       when deferred, seconds until the triplet passes
///     time       2026-11-21T06:11:44Z
///     session    qmail-smtpd's process id, the same for all recipients of a connection
///     ms         milliseconds, two decimals
std::string describe(const Decision& decision, const Session& session, const Circumstances& circumstances);

/// What is said once when a client's network reaches max_pending_per_client, by the attempt that made the
/// last record; nothing for any other attempt.
std::optional<std::string> describe_throttle(const Decision& decision, const Attempt& attempt);

}  // namespace greylisting
