// progress: how far something has come that takes a while, for whoever waits at a terminal.
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>

namespace greylisting::ctl {

/// A bar on standard error with what is done, how many a second, and how long the rest will take:
///     copying greylisting_data [########............]  40 %  400000 of 1000000, 51200/s, 12 s left
/// Where the terminal is too narrow for it, without the rate, then without the numbers, then without the bar.
/// Nothing where standard error is not decorated (terminal.h). The line is gone when this ends, or Ctrl-C
/// ends the process.
class Progress {
 public:
  Progress(std::string what, std::uint64_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// More than `total` is no error: others may add to what is to be done.
  void advance(std::uint64_t done);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(Clock::time_point now);

  std::string what_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  bool is_shown_;
  struct sigaction on_interrupt_ = {};  // what was to be done before
  Clock::time_point begin_ = Clock::now();
  Clock::time_point drawn_{};
};

}  // namespace greylisting::ctl
