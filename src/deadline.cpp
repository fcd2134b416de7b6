#include "deadline.h"

#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace greylisting {
namespace {

// What the signal handler writes. A handler can be told nothing else, so this is the state that the process
// shares with it; set before the timer is armed and not changed while it runs.
struct LastWords {
  std::string log_line;
  std::string answer;
};
LastWords last_words;

extern "C" void end_process(int /*signal*/) {
  [[maybe_unused]] auto written =
      write(STDERR_FILENO, last_words.log_line.data(), last_words.log_line.size());
  if (!last_words.answer.empty()) {
    written = write(STDOUT_FILENO, last_words.answer.data(), last_words.answer.size());
  }
  _exit(0);
}

void set_timer(std::chrono::milliseconds after) {
  itimerval timer{};
  timer.it_value.tv_sec = after.count() / 1000;
  timer.it_value.tv_usec = after.count() % 1000 * 1000;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

Deadline::Deadline(std::chrono::milliseconds budget, std::string log_line, std::string answer)
    : end_(std::chrono::steady_clock::now() + budget) {
  last_words = {std::move(log_line), std::move(answer)};

  struct sigaction action {};
  action.sa_handler = end_process;
  sigaction(SIGALRM, &action, nullptr);

  // qmail-smtpd may have been started with the signal blocked.
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, nullptr);

  set_timer(budget);
}

Deadline::~Deadline() { set_timer(std::chrono::milliseconds(0)); }

std::chrono::milliseconds Deadline::remaining() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace greylisting
