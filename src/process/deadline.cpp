#include "process/deadline.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

namespace greylisting {
namespace {

// What the signal handler writes. A handler can be told nothing else, so this is the state that the process
// shares with it: set before the timer is armed, and changed only while the signal is blocked.
struct LastWords {
  Answer answer;
  std::string touched_file;
  std::string journal;
  std::string journal_line;
  std::string log_lines;
};
LastWords last_words;

// How often the timer runs out once it has: what then keeps the process is ended by the next time.
constexpr std::chrono::milliseconds kGrace{50};

extern "C" void end_silently(int /*signal*/) {
  if (last_words.answer.successor != nullptr) last_words.answer.successor->take_over();
  _exit(last_words.answer.status);
}

void handle_alarm(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  // Not held back while a handler is what hangs.
  action.sa_flags = SA_NODEFER;
  sigaction(SIGALRM, &action, nullptr);
}

// The answer goes first: a disk or a log may never take what it is given.
extern "C" void end_process(int /*signal*/) {
  handle_alarm(end_silently);
  write_answer(last_words.answer, std::chrono::milliseconds(0));
  if (!last_words.touched_file.empty()) touch_file(last_words.touched_file.c_str());
  if (!last_words.journal.empty()) append_to_file(last_words.journal.c_str(), last_words.journal_line);
  write_within(STDERR_FILENO, last_words.log_lines, std::chrono::milliseconds(0));
  end_silently(SIGALRM);
}

void set_timer(std::chrono::milliseconds after, std::chrono::milliseconds again) {
  const auto value = [](std::chrono::milliseconds time) {
    return timeval{.tv_sec = time.count() / 1000, .tv_usec = time.count() % 1000 * 1000};
  };
  const itimerval timer{.it_interval = value(again), .it_value = value(after)};
  setitimer(ITIMER_REAL, &timer, nullptr);
}

void arm(void (*handler)(int), std::chrono::milliseconds after) {
  handle_alarm(handler);
  // qmail-smtpd may have been started with the signal blocked.
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
  // A timer of zero would be none.
  set_timer(std::max(after, std::chrono::milliseconds(1)), kGrace);
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
                              S_IRUSR | S_IWUSR | S_IRGRP);
  if (descriptor < 0) return;
  [[maybe_unused]] const auto written = write(descriptor, text.data(), text.size());
  close(descriptor);
}

// Not by O_NONBLOCK: standard error is one pipe for all processes of a service.
void write_within(int stream, std::string_view text, std::chrono::milliseconds patience) {
  if (text.empty()) return;
  pollfd wanted{.fd = stream, .events = POLLOUT, .revents = 0};
  int ready = 0;
  do {
    ready = poll(&wanted, 1, static_cast<int>(patience.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready > 0) [[maybe_unused]]
    const auto written = write(stream, text.data(), text.size());
}

void write_answer(const Answer& answer, std::chrono::milliseconds patience) {
  write_within(answer.stream, answer.text, patience);
}

void end_silently_after(std::chrono::milliseconds time, const Answer& answer) {
  last_words.answer.status = answer.status;
  last_words.answer.successor = answer.successor;
  arm(end_silently, time);
}

Deadline::Deadline(std::chrono::steady_clock::time_point end, std::string log_lines, Answer answer)
    : end_(end) {
  last_words = {.answer = std::move(answer),
                .touched_file = "",
                .journal = "",
                .journal_line = "",
                .log_lines = std::move(log_lines)};
  arm(end_process, remaining());
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

Deadline::~Deadline() { set_timer(std::chrono::milliseconds(0), std::chrono::milliseconds(0)); }

std::chrono::milliseconds Deadline::remaining() const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

}  // namespace greylisting
