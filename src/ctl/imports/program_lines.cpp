#include "ctl/imports/program_lines.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace greylisting::ctl {
namespace {

constexpr int kNotFound = 127;

// A descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {
    if (number < 0) throw std::system_error(errno, std::generic_category(), "no pipe for another program");
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

pid_t start(const std::vector<std::string>& arguments, int output, int errors) {
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  pid_t child = -1;
  const int error = posix_spawnp(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0 && error != ENOENT)
    throw std::system_error(error, std::generic_category(), arguments.front());
  return error == 0 ? child : -1;
}

std::string content_of(int file) {
  std::string text;
  std::array<char, 4096> some{};
  ssize_t size = 0;
  lseek(file, 0, SEEK_SET);
  while ((size = ::read(file, some.data(), some.size())) > 0)
    text.append(some.data(), static_cast<std::size_t>(size));
  return text;
}

}  // namespace

ProgramEnd read_program(const std::vector<std::string>& arguments,
                        const std::function<void(const std::string& line)>& take) {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) ends.fill(-1);
  const Descriptor output(ends[0]);
  Descriptor input(ends[1]);
  const Descriptor errors(memfd_create("errors", MFD_CLOEXEC));
  const pid_t child = start(arguments, input.number(), errors.number());
  if (child < 0) return {.status = kNotFound};
  input.close();

  std::string read_so_far;
  std::array<char, 65536> some{};
  for (;;) {
    const ssize_t size = ::read(output.number(), some.data(), some.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    read_so_far.append(some.data(), static_cast<std::size_t>(size));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = read_so_far.find('\n', begin)) != std::string::npos; begin = end + 1)
      take(read_so_far.substr(begin, end - begin));
    read_so_far.erase(0, begin);
  }
  if (!read_so_far.empty()) take(read_so_far);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return {.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          .errors = content_of(errors.number())};
}

}  // namespace greylisting::ctl
