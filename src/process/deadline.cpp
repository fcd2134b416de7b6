#include "process/deadline.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace greylisting {
namespace {

// What the signal handler writes. A handler can be told nothing else, so this is the state that the process
// shares with it: set before the timer is armed, and changed only while the signal is blocked.
struct LastWords {
  std::string log_line;
  std::string answer;
  std::string touched_file;
  std::string journal;
  std::string journal_line;
};
LastWords last_words;

extern "C" void end_process(int /*signal*/) {
  if (!last_words.touched_file.empty()) touch_file(last_words.touched_file.c_str());
  if (!last_words.journal.empty()) append_to_file(last_words.journal.c_str(), last_words.journal_line);
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

// Assigning a string is no single step, so the handler must not come in between.
class SignalBlocked {
 public:
  SignalBlocked() {
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, &before_);
  }
  SignalBlocked(const SignalBlocked&) = delete;
  SignalBlocked& operator=(const SignalBlocked&) = delete;
  ~SignalBlocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

void touch_file(const char* file) {
  const int descriptor =
      open(file, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return;
  futimens(descriptor, nullptr);
  close(descriptor);
}

void append_to_file(const char* file, std::string_view text) {
  const int descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                              S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
  if (descriptor < 0) return;
  [[maybe_unused]] const auto written = write(descriptor, text.data(), text.size());
  close(descriptor);
}

Deadline::Deadline(std::chrono::steady_clock::time_point end, std::string log_line, std::string answer)
    : end_(end) {
  last_words = {std::move(log_line), std::move(answer), "", "", ""};

  struct sigaction action = {};
  action.sa_handler = end_process;
  sigaction(SIGALRM, &action, nullptr);

  // qmail-smtpd may have been started with the signal blocked.
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, nullptr);

  // A timer of zero would be none.
  set_timer(std::max(remaining(), std::chrono::milliseconds(1)));
}

void Deadline::touch_when_over(const std::string& file) {
  const SignalBlocked blocked;
  last_words.touched_file = file;
}

void Deadline::append_when_over(const std::string& file, const std::string& line) {
  const SignalBlocked blocked;
  last_words.journal = file;
  last_words.journal_line = line;
}

Deadline::~Deadline() { set_timer(std::chrono::milliseconds(0)); }

std::chrono::milliseconds Deadline::remaining() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace greylisting
