// outage: remembers for a while that something of the store failed: for a few seconds that the database could
// not be reached, so that a dead one costs one slow RCPT every few seconds and not every RCPT.
//
// The memory is a file in the state directory: its time stamp is when the last try failed. Any number of
// processes share it: when the time to try again has come, the one that gets the file's lock does, and the
// others do not wait.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "process/deadline.h"

namespace greylisting {

class Outage {
 public:
  /// How long it is remembered that the database could not be reached.
  static constexpr std::chrono::seconds kPause{5};

  /// Remembers a failure in the file `name` for as long as `pause`. `directory` has to be private
  /// (state_directory.h), or nothing is remembered.
  explicit Outage(const std::string& directory, std::string_view name = "mysql-unreachable",
                  std::chrono::seconds pause = kPause);
  Outage(const Outage&) = delete;
  Outage& operator=(const Outage&) = delete;
  ~Outage();

  /// How long ago the last try failed, when that is remembered; nothing when it is this process's turn to
  /// try.
  std::optional<std::chrono::seconds> failed_before();

  /// Remembers a failure now; `remember_when_over` has it done when the time budget runs out.
  void remember() const;
  void remember_when_over(Deadline& deadline) const;

  /// It has not failed now.
  void forget();

  const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::chrono::seconds pause_;
  bool is_usable_ = false;
  bool is_remembered_ = false;
  int lock_ = -1;
};

}  // namespace greylisting
