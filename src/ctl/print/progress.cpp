#include "ctl/print/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <string_view>
#include <utility>

#include "ctl/print/terminal.h"

namespace greylisting::ctl {
namespace {

constexpr std::chrono::milliseconds kBetweenDrawings{100};
constexpr std::uint64_t kWidth = 20;
constexpr std::string_view kEraseLine = "\r\033[K";

// 12 s   3 min 5 s   2 h 14 min
std::string text_of(std::uint64_t time) {
  const auto text = [](std::uint64_t number, const char* unit) { return std::to_string(number) + unit; };
  if (time < 60) return text(time, " s");
  if (time < 3600) return text(time / 60, " min ") + text(time % 60, " s");
  return text(time / 3600, " h ") + text(time % 3600 / 60, " min");
}

// The signal has its usual effect again while this runs.
void erase_and_end(int signal) {
  [[maybe_unused]] const ssize_t size = write(STDERR_FILENO, kEraseLine.data(), kEraseLine.size());
  static_cast<void>(std::raise(signal));
}

}  // namespace

Progress::Progress(std::string what, std::uint64_t total)
    : what_(std::move(what)), total_(total), is_shown_(is_decorated(STDERR_FILENO)) {
  if (!is_shown_) return;
  struct sigaction action = {};
  action.sa_handler = erase_and_end;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, &on_interrupt_);
  if (on_interrupt_.sa_handler == SIG_IGN) sigaction(SIGINT, &on_interrupt_, nullptr);
  draw(begin_);
}

Progress::~Progress() {
  if (!is_shown_) return;
  std::cerr << kEraseLine << std::flush;
  sigaction(SIGINT, &on_interrupt_, nullptr);
}

void Progress::advance(std::uint64_t done) {
  done_ += done;
  total_ = std::max(total_, done_);
  if (!is_shown_) return;
  const auto now = Clock::now();
  if (now - drawn_ >= kBetweenDrawings) draw(now);
}

void Progress::draw(Clock::time_point now) {
  drawn_ = now;
  const std::uint64_t filled = total_ == 0 ? kWidth : done_ * kWidth / total_;
  const auto elapsed = std::chrono::duration<double>(now - begin_).count();
  const auto rate = elapsed > 0 ? static_cast<std::uint64_t>(static_cast<double>(done_) / elapsed) : 0;
  std::string percent = std::to_string(total_ == 0 ? 100 : done_ * 100 / total_);
  percent.insert(0, 3 - percent.size(), ' ');
  percent += " %";
  const std::string with_bar =
      what_ + " [" + std::string(filled, '#') + std::string(kWidth - filled, '.') + "] " + percent;
  const std::string numbers = "  " + std::to_string(done_) + " of " + std::to_string(total_);
  const std::string numbers_and_speed = rate == 0 ? numbers : numbers + ", " + std::to_string(rate) + "/s";
  const std::string left = rate == 0 ? "" : ", " + text_of((total_ - done_ + rate - 1) / rate) + " left";
  // In its last column a terminal would begin the next line.
  const std::size_t room = width_of(STDERR_FILENO) - 1;
  std::string line = what_ + ' ' + percent;
  for (const std::string& rest : {std::string(), left, numbers + left, numbers_and_speed + left}) {
    if (with_bar.size() + rest.size() <= room) line = with_bar + rest;
  }
  std::cerr << kEraseLine << line.substr(0, room) << std::flush;
}

}  // namespace greylisting::ctl
