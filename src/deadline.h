// deadline: the process-wide time budget (`timeout`).
//
// When it is over the process says so on standard error, gives the prepared answer and ends with status 0,
// whatever it was waiting for: a database, a disk, a name server. It is the one place below main() that ends
// the process.
#pragma once

#include <chrono>
#include <string>

namespace greylisting {

/// Makes `file`, for this user alone, or sets its time stamp to now. Follows no symbolic link; fails
/// silently; may be called from a signal handler.
void touch_file(const char* file);

class Deadline {
 public:
  /// Arms the timer (SIGALRM). When it runs out, `log_line` goes to standard error and `answer` to standard
  /// output. One at a time in a process.
  Deadline(std::chrono::milliseconds budget, std::string log_line, std::string answer);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Disarms it.
  ~Deadline();

  /// Has `file` touched, see touch_file, when the time is over; with an empty name no longer.
  void touch_when_over(const std::string& file);

  /// What is left of the budget, never below zero.
  std::chrono::milliseconds remaining() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace greylisting
