// journal: what this host has decided, a line a decision, for greylistctl to count. The store is not asked
// for it: a line costs a hundredth of a statement, and says also what was decided without the store or in
// spite of it.
//
// The lines are in the state directory, in a file an hour (UTC), `2026-11-21T06.journal`:
//
//     1763705504 retried 3312 first client=192.0.2.7 sender=a@example.net recipient=b@example.org record=17
//     1763705505 error
//
// when (seconds since 1970), the reason, and for a triplet that has a record the seconds since that was
// created; `first` when this was its first retry; then whose attempt it was, where that is known. `error` is
// a decision that came to nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judgement/decision.h"
#include "judgement/session.h"
#include "process/deadline.h"
#include "process/state_directory.h"
#include "settings/settings.h"

namespace greylisting {

/// Whose attempt it was. Addresses are as they are stored: printable, and with privacy=hash hashes; the null
/// sender is empty. No value is longer than a column of the store.
struct JournalAttempt {
  std::string client{};
  std::string sender{};
  std::string recipient{};
  std::string entry{};       // decision.h
  std::uint64_t record = 0;  // likewise

  friend bool operator==(const JournalAttempt&, const JournalAttempt&) = default;
};

struct JournalLine {
  std::time_t time = 0;
  std::optional<Reason> reason{};  // nothing for an error
  std::chrono::seconds age{0};     // 0 where no record was looked at
  bool is_first_retry = false;
  std::string attempt{};  // in words (attempt_of); empty where it is not known

  friend bool operator==(const JournalLine&, const JournalLine&) = default;
};

/// Of a decision made now.
JournalLine journal_line(const Decision& decision, const Session& session, const Settings& settings);

/// Of an attempt that is decided from now on, should that come to nothing.
JournalLine journal_line(const Session& session, const Settings& settings);

/// Nothing where the line does not say whose it was.
std::optional<JournalAttempt> attempt_of(const JournalLine& line);

/// As it is written, with its line feed.
std::string text(const JournalLine& line);

/// One without its line feed; nothing when it is none.
std::optional<JournalLine> read_journal_line(std::string_view text);

class Journal {
 public:
  /// With history_expire=0 nothing is written, nor when the state directory is not private
  /// (state_directory.h).
  explicit Journal(const Settings& settings) : is_kept_(settings.history_expire.count() > 0) {}

  /// Appends a line in one call. Fails silently: a journal that cannot be written is no reason to hold up
  /// mail.
  void add(const JournalLine& line) const;

  /// Has it appended when the time budget runs out.
  void add_when_over(const JournalLine& line, Deadline& deadline) const;

  /// The file that has the hour of `time`.
  std::string file(std::time_t time) const;

  /// The beginnings of the hours that have a file, the oldest first.
  std::vector<std::time_t> hours() const;

  /// Calls `take` with every line of the hour that begins then, in the order in which they were written. What
  /// is no line is left out.
  void read(std::time_t hour, const std::function<void(const JournalLine&)>& take) const;

  /// Deletes that hour's file.
  void remove(std::time_t hour) const;

 private:
  bool is_kept_;
  std::string directory_{kStateDirectory};
};

}  // namespace greylisting
