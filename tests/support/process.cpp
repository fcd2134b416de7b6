#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace greylisting::test {
namespace {

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// Executes with the three standard streams given; the parent's copies stay open. By vfork: to copy the page
// tables of a program as large as this one takes longer than what most commands do.
pid_t start(const Command& command, const std::array<int, 3>& streams) {
  std::vector<std::string> arguments = command.arguments;
  std::vector<std::string> environment;
  if (!command.environment.contains("PATH"))
    environment.push_back(std::string("PATH=") + std::getenv("PATH"));
  for (const auto& [name, value] : command.environment) environment.push_back(name + '=' + value);
  // What steers sanitizers, and another clock (libfaketime).
  for (const std::string name :
       {"ASAN_OPTIONS", "LD_PRELOAD", "FAKETIME", "FAKETIME_DONT_FAKE_MONOTONIC", "TZ"}) {
    if (const char* const value = std::getenv(name.c_str())) environment.push_back(name + '=' + value);
  }
  environment.insert(environment.end(), command.environment_behind.begin(), command.environment_behind.end());
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);

  const pid_t pid = vfork();
  if (pid < 0) throw std::runtime_error("cannot make a process");
  if (pid > 0) return pid;
  // A shell has what it starts in the background ignore some of them.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_DFL);
  for (int stream = 0; stream < 3; ++stream) dup2(streams[static_cast<std::size_t>(stream)], stream);
  for (const int stream : command.closed) close(stream);
  if (chdir(command.directory.c_str()) == 0) execvpe(argv[0], argv.data(), envp.data());
  _exit(127);
}

int status_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    read_end = ends[0];
    write_end = ends[1];
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  static void close_end(int& end) {
    if (end >= 0) close(std::exchange(end, -1));
  }
  int read_end = -1;
  int write_end = -1;
};

}  // namespace

Result run(const Command& command) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe input;
  Pipe output;
  Pipe errors;
  const pid_t pid = start(command, {input.read_end, output.write_end, errors.write_end});
  Pipe::close_end(input.read_end);
  Pipe::close_end(output.write_end);
  Pipe::close_end(errors.write_end);

  Result result;
  std::string_view to_write = command.input;
  if (to_write.empty()) Pipe::close_end(input.write_end);
  std::array<char, 4096> buffer{};
  while (output.read_end >= 0 || errors.read_end >= 0) {
    std::array<pollfd, 3> wait{
        {{output.read_end, POLLIN, 0}, {errors.read_end, POLLIN, 0}, {input.write_end, POLLOUT, 0}}};
    poll(wait.data(), wait.size(), -1);
    const auto take = [&](int& end, short events, std::string& text) {
      if (end < 0 || events == 0) return;
      const ssize_t size = read(end, buffer.data(), buffer.size());
      if (size > 0) {
        text.append(buffer.data(), static_cast<std::size_t>(size));
      } else {
        Pipe::close_end(end);
      }
    };
    take(output.read_end, wait[0].revents, result.output);
    take(errors.read_end, wait[1].revents, result.errors);
    if (input.write_end >= 0 && wait[2].revents != 0) {
      const ssize_t size = write(input.write_end, to_write.data(), to_write.size());
      if (size > 0) to_write.remove_prefix(static_cast<std::size_t>(size));
      if (size <= 0 || to_write.empty()) Pipe::close_end(input.write_end);
    }
  }
  int status = 0;
  waitpid(pid, &status, 0);
  result.status = status_of(status);
  return result;
}

BackgroundProcess::BackgroundProcess(const Command& command, const std::filesystem::path& log) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  pid_ = start(command, {nothing, file, file});
  close(nothing);
  close(file);
}

BackgroundProcess::~BackgroundProcess() { stop(); }

bool BackgroundProcess::is_running() {
  int status = 0;
  if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) == 0) return pid_ >= 0;
  status_ = status_of(status);
  pid_ = -1;
  return false;
}

void BackgroundProcess::stop(int signal) {
  if (pid_ >= 0) kill(pid_, signal);
  wait();
}

int BackgroundProcess::wait() {
  if (pid_ >= 0) {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status_of(status);
    pid_ = -1;
  }
  return status_;
}

std::filesystem::path built(std::string_view program) {
  return std::filesystem::path(GREYLISTING_BUILD) / program;
}

std::filesystem::path source_tree() { return GREYLISTING_SOURCE; }

}  // namespace greylisting::test
