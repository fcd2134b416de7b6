// deadline: the process-wide time budget (`timeout`).
//
// When it is over the process says so on standard error, gives the prepared answer and ends with status 0,
// whatever it was waiting for: a database, a disk, a name server. It is the one place below main() that ends
// the process.
#pragma once

#include <chrono>
#include <string>

namespace greylisting {

class Deadline {
 public:
  /// Arms the timer (SIGALRM). When it runs out, `log_line` goes to standard error and `answer` to standard
  /// output. One at a time in a process.
  Deadline(std::chrono::milliseconds budget, std::string log_line, std::string answer);
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Disarms it.
  ~Deadline();

  /// What is left of the budget, never below zero.
  std::chrono::milliseconds remaining() const;

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace greylisting
