// deadline: the process-wide time budget (`timeout`).
//
// When it is over the process says so on standard error, gives the prepared answer and ends with status 0,
// whatever it was waiting for: a database, a disk, a name server. It is the one place below main() that ends
// the process.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace greylisting {

/// Makes `file`, for this user alone, or sets its time stamp to now. Follows no symbolic link; fails
/// silently; may be called from a signal handler.
void touch_file(const char* file);

/// Appends `text` to `file`, which everybody may read, in one call; makes it when it is not there. Follows no
/// symbolic link; fails silently; may be called from a signal handler.
void append_to_file(const char* file, std::string_view text);

class Deadline {
 public:
  /// Arms the timer (SIGALRM), at once to run out where `end` is over. When it runs out, `log_line` goes to
  /// standard error and `answer` to standard output. One at a time in a process.
  Deadline(std::chrono::steady_clock::time_point end, std::string log_line, std::string answer);
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
