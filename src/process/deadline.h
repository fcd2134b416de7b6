// deadline: the process-wide time budget (`timeout`).
//
// When it is over the process gives the prepared answer, says so on standard error and ends with its status,
// whatever it was waiting for: a database, a disk, a name server, a log that nobody reads. It is the one
// place below main() that ends the process, or has it become another program.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "process/successor.h"

namespace greylisting {

/// Makes `file`, for this user alone, or sets its time stamp to now. Follows no symbolic link; fails
/// silently; may be called from a signal handler.
void touch_file(const char* file);

/// Appends `text` to `file`, which this user and its group may read, in one call; makes it when it is not
/// there. Follows no symbolic link; fails silently; may be called from a signal handler.
void append_to_file(const char* file, std::string_view text);

/// Writes `text` with one call once the stream takes something, and not at all when that is not within
/// `patience`. A long text may still have to wait for its reader, as may one that another process is ahead
/// of: whoever calls this has a timer running. Fails silently; may be called from a signal handler.
void write_within(int stream, std::string_view text, std::chrono::milliseconds patience);

/// Where some hosts of RCPTCHECK read a reply (host/rcptcheck.h).
inline constexpr int kReplyStream = 4;

/// What a host is told: a text on one of this process's descriptors, and the exit status; or, in place of the
/// end, the program that this process becomes.
struct Answer {
  std::string text{};
  int stream = 1;  // standard output
  int status = 0;
  const Successor* successor = nullptr;  // has to outlive the process's timers
};

/// From now on the process has this much time left, and then ends as the answer says, which is not given any
/// more, and without a word. For what comes after a decision, when no Deadline is armed.
void end_silently_after(std::chrono::milliseconds time, const Answer& answer);

/// As write_within, to the answer's descriptor.
void write_answer(const Answer& answer, std::chrono::milliseconds patience);

class Deadline {
 public:
  /// Arms the timer (SIGALRM), at once to run out where `end` is over. When it runs out, the answer is given,
  /// then `log_lines` go to standard error; neither is waited for. One at a time in a process.
  Deadline(std::chrono::steady_clock::time_point end, std::string log_lines, Answer answer);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Disarms it.
  ~Deadline();

  /// Has `file` touched, see touch_file, when the time is over; with an empty name no longer.
  void touch_when_over(const std::string& file);

  /// Has `line` appended to `file`, see append_to_file, when the time is over.
  void append_when_over(const std::string& file, const std::string& line);

  /// What is left of the budget, never below zero.
  std::chrono::milliseconds remaining() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace greylisting
