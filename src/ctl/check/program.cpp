#include "ctl/check/program.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

namespace greylisting::ctl {
namespace {

// Longer than the longest `timeout`.
constexpr std::chrono::seconds kMost{90};

enum class Way { run, only_execute };

class Pipe {
 public:
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  static void close_end(int& end) {
    if (end >= 0) close(std::exchange(end, -1));
  }

  int read_end = -1;
  int write_end = -1;
};

// What a child tells of itself when it cannot become the program.
struct Failure {
  int error = 0;
  bool is_home = false;
};

// The words that are executed, as the host makes them of a line.
std::vector<std::string> command_of(const std::string& line) {
  if (line.starts_with(':')) return {"/bin/sh", "-c", line.substr(1)};
  return {line};
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  result.reserve(words.size() + 1);
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// As softlimit does.
void set_limits(const std::map<int, std::uint64_t>& limits) {
  for (const auto& [resource, most] : limits) {
    const auto which = static_cast<__rlimit_resource>(resource);
    rlimit limit{};
    getrlimit(which, &limit);
    limit.rlim_cur = std::min<rlim_t>(most, limit.rlim_max);
    setrlimit(which, &limit);
  }
}

// In the child: only what may be called between fork and exec.
[[noreturn]] void become(const SmtpdUser& user, const char* home, char* const* words,
                         char* const* environment, const Pipe& output, const Pipe& errors,
                         const Pipe& failure, Way way, const std::map<int, std::uint64_t>& limits) {
  Failure told;
  setpgid(0, 0);
  if (getuid() == 0 && seteuid(0) == 0 && user.uid != 0 &&
      (setgroups(1, &user.gid) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)) {
    told.error = errno;
  } else if (chdir(home) != 0) {
    told = {errno, true};
  } else {
    dup2(output.write_end, STDOUT_FILENO);
    dup2(errors.write_end, STDERR_FILENO);
    close(STDIN_FILENO);
    set_limits(limits);
    for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_DFL));
    // A program that is traced stops before its first instruction.
    if (way == Way::run || ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) {
      execve(words[0], words, environment);
    } else if (access(words[0], X_OK) == 0) {
      _exit(0);
    }
    told.error = errno;
  }
  [[maybe_unused]] const auto written = write(failure.write_end, &told, sizeof told);
  _exit(120);
}

// Both streams to their end, or to the end of the time there is.
bool read_streams(Pipe& output, Pipe& errors, Started& started) {
  const auto end = std::chrono::steady_clock::now() + kMost;
  std::array<char, 4096> buffer{};
  while (output.read_end >= 0 || errors.read_end >= 0) {
    std::array<pollfd, 2> wait{{{output.read_end, POLLIN, 0}, {errors.read_end, POLLIN, 0}}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    if (poll(wait.data(), wait.size(), static_cast<int>(left.count())) <= 0) continue;
    const auto take = [&](int& descriptor, short events, std::string& text) {
      if (events == 0) return;
      const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
      if (size > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
      } else {
        Pipe::close_end(descriptor);
      }
    };
    take(output.read_end, wait[0].revents, started.output);
    take(errors.read_end, wait[1].revents, started.errors);
  }
  return true;
}

Started start(const SmtpdUser& user, const std::string& line,
              const std::map<std::string, std::string>& environment, Way way,
              const std::map<int, std::uint64_t>& limits = {}) {
  const std::string home = std::filesystem::current_path();
  std::vector<std::string> words = command_of(line);
  std::vector<std::string> variables;
  variables.reserve(environment.size());
  for (const auto& [name, value] : environment)
    variables.push_back(std::string(name).append("=").append(value));
  const auto arguments = pointers(words);
  const auto pairs = pointers(variables);
  Pipe output;
  Pipe errors;
  Pipe failure;
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "cannot start a program");
  if (child == 0)
    become(user, home.c_str(), arguments.data(), pairs.data(), output, errors, failure, way, limits);
  for (Pipe* const pipe : {&output, &errors, &failure}) Pipe::close_end(pipe->write_end);

  Started started;
  Failure told;
  if (::read(failure.read_end, &told, sizeof told) == static_cast<ssize_t>(sizeof told)) {
    started.error = told.error;
    started.is_home = told.is_home;
  }
  if (way == Way::run) started.is_overdue = !read_streams(output, errors, started);
  int status = 0;
  if (started.is_overdue) kill(-child, SIGKILL);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSTOPPED(status)) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  } else {
    started.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  return started;
}

}  // namespace

Started run_as_host(const SmtpdUser& user, const std::string& line,
                    const std::map<std::string, std::string>& environment,
                    const std::map<int, std::uint64_t>& limits) {
  return start(user, line, environment, Way::run, limits);
}

int why_not_executable(const SmtpdUser& user, const std::string& line) {
  return start(user, line, {}, Way::only_execute).error;
}

}  // namespace greylisting::ctl
