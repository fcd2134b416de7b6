#include "process/successor.h"

#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace greylisting {
namespace {

// As execvp(3) would find it. What cannot be found keeps its name, so that executing it says why.
std::string find(std::string_view program) {
  if (program.find('/') != std::string_view::npos) return std::string(program);
  const char* const variable = std::getenv("PATH");
  for (std::string_view path = variable == nullptr ? "/usr/bin:/bin" : variable;;) {
    const std::string_view directory = path.substr(0, path.find(':'));
    std::string file = std::string(directory).append(directory.empty() ? "./" : "/").append(program);
    if (access(file.c_str(), X_OK) == 0) return file;
    if (directory.size() == path.size()) return std::string(program);
    path.remove_prefix(directory.size() + 1);
  }
}

using Handler = void (*)(int);

Handler handler_of(int signal) {
  struct sigaction action = {};
  sigaction(signal, nullptr, &action);
  return action.sa_handler;
}

}  // namespace

Successor::Successor(char* const* arguments)
    : arguments_(arguments),
      file_(find(*arguments)),
      on_pipe_(handler_of(SIGPIPE)),
      on_size_(handler_of(SIGXFSZ)) {
  for (int file = 0; file < kMostFiles; ++file) {
    if (fcntl(file, F_GETFD) >= 0) was_open_.set(static_cast<std::size_t>(file));
  }
  directory_ = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

Successor::~Successor() {
  if (directory_ >= 0) close(directory_);
}

void Successor::take_over() const {
  const itimerval none{};
  setitimer(ITIMER_REAL, &none, nullptr);
  static_cast<void>(std::signal(SIGPIPE, on_pipe_));
  static_cast<void>(std::signal(SIGXFSZ, on_size_));
  // A connection to a database is not the program's.
  for (int file = 0; file < kMostFiles; ++file) {
    if (!was_open_[static_cast<std::size_t>(file)]) fcntl(file, F_SETFD, FD_CLOEXEC);
  }
  if (directory_ >= 0 && fchdir(directory_) != 0) return;
  execve(file_.c_str(), arguments_, environ);
}

}  // namespace greylisting
