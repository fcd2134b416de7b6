#include "conversation.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>

#include "words.h"

namespace greylisting::bench {

Conversation::Conversation(const Program& program) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error("cannot make a connection");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, program.directory.c_str());
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const Words words(program);
  const int error =
      posix_spawn(&pid_, program.file.c_str(), &actions, nullptr, words.arguments(), words.environment());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  connection_ = ends[0];
  if (error == 0) return;
  close(connection_);
  throw std::runtime_error("cannot start " + program.file.string());
}

Conversation::~Conversation() {
  close(connection_);
  waitpid(pid_, nullptr, 0);
}

Microseconds Conversation::time_of(std::string_view request) {
  const auto start = std::chrono::steady_clock::now();
  if (write(connection_, request.data(), request.size()) != static_cast<ssize_t>(request.size()))
    throw std::runtime_error("the policy service takes no request");
  std::string answer;
  std::array<char, 512> buffer{};
  while (!answer.ends_with("\n\n")) {
    const ssize_t size = read(connection_, buffer.data(), buffer.size());
    if (size <= 0) throw std::runtime_error("the policy service has ended after: " + answer);
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return std::chrono::steady_clock::now() - start;
}

}  // namespace greylisting::bench
