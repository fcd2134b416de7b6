#include "program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <memory>
#include <numeric>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>

#include "words.h"

namespace greylisting::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  return ends;
}

}  // namespace

Run::Run(const Program& program) : name_(program.file) {
  const auto [read_end, write_end] = make_pipe();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, program.directory.c_str());
  posix_spawn_file_actions_addclose(&actions, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, write_end, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);

  Words words(program);
  const int error =
      posix_spawn(&pid_, name_.c_str(), &actions, nullptr, words.arguments(), words.environment());
  posix_spawn_file_actions_destroy(&actions);
  close(write_end);
  output_ = read_end;
  if (error != 0) {
    close(output_);
    throw std::runtime_error("cannot start " + name_ + ": " + std::strerror(error));
  }
}

Run::~Run() {
  if (output_ >= 0) close(output_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::string Run::finish() {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = read(output_, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(std::exchange(output_, -1));
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  if (status != 0) throw std::runtime_error(name_ + " failed with status " + std::to_string(status));
  return text;
}

Microseconds time_of(const Program& program) {
  const auto start = Clock::now();
  Run(program).finish();
  return Clock::now() - start;
}

Summary summary(std::vector<Microseconds> times) {
  std::ranges::sort(times);
  return {.median = times.at(times.size() / 2), .p99 = times.at((times.size() - 1) * 99 / 100)};
}

std::vector<Summary> in_turn(const std::vector<Series>& series, std::size_t rounds) {
  constexpr std::size_t kWarmUp = 10;
  std::vector<std::vector<Microseconds>> times(series.size());
  std::vector<std::size_t> order(series.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937 random;
  for (std::size_t round = 0; round < rounds + kWarmUp; ++round) {
    // What comes after a large program finds the caches cold, so that none is always the one.
    std::ranges::shuffle(order, random);
    for (const std::size_t i : order) {
      const Program program = series[i]();
      const Microseconds time = time_of(program);
      if (round >= kWarmUp) times[i].push_back(time);
      if (program.goes_on.count() > 0) std::this_thread::sleep_for(program.goes_on);
    }
  }
  std::vector<Summary> summaries;
  for (auto& each : times) summaries.push_back(summary(std::move(each)));
  return summaries;
}

double rate(const Series& series, std::size_t at_once, std::size_t total) {
  std::deque<std::unique_ptr<Run>> running;
  std::size_t started = 0;
  const auto start = Clock::now();
  while (started < total || !running.empty()) {
    while (started < total && running.size() < at_once) {
      running.push_back(std::make_unique<Run>(series()));
      ++started;
    }
    // Whoever ends makes room; the oldest is not the first to end, yet nearly.
    running.front()->finish();
    running.pop_front();
  }
  const std::chrono::duration<double> seconds = Clock::now() - start;
  return static_cast<double>(total) / seconds.count();
}

// The kernel's count for an ended process includes that of the program it was before its exec, this one; so
// the new one is stopped at its end and asked.
long peak_resident(const Program& program) {
  const Words words(program);
  const pid_t pid = fork();
  if (pid == 0) {
    ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    const int nothing = open("/dev/null", O_RDWR);
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) dup2(nothing, stream);
    if (chdir(program.directory.c_str()) == 0)
      execve(words.arguments()[0], words.arguments(), words.environment());
    _exit(127);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  ptrace(PTRACE_SETOPTIONS, pid, nullptr, PTRACE_O_TRACEEXIT);
  ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  waitpid(pid, &status, 0);
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  long peak = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmHWM:")) peak = std::stol(line.substr(line.find_first_of("0123456789")));
  }
  ptrace(PTRACE_CONT, pid, nullptr, nullptr);
  waitpid(pid, &status, 0);
  return peak;
}

}  // namespace greylisting::bench
