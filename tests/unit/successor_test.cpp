#include "process/successor.h"

#include <fcntl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace greylisting {
namespace {

using test::TemporaryDirectory;

// What a process prints that becomes `sh -c script` after it has opened `file`, gone elsewhere, had signals
// ignored and set a timer.
std::string said_by_successor(const std::string& script, const std::string& file) {
  std::array<int, 2> ends{};
  REQUIRE(pipe(ends.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_DFL));
    std::vector<std::string> words{"sh", "-c", script};
    const std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    const Successor successor(arguments.data());
    const bool is_open = open(file.c_str(), O_RDWR | O_CREAT, 0600) >= 0;
    const bool is_elsewhere = chdir("/") == 0;
    for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_IGN));
    const itimerval timer{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = 100000}};
    setitimer(ITIMER_REAL, &timer, nullptr);
    if (is_open && is_elsewhere) successor.take_over();
    _exit(1);
  }
  close(ends[1]);
  std::string said;
  std::array<char, 1024> some{};
  ssize_t size = 0;
  while ((size = ::read(ends[0], some.data(), some.size())) > 0)
    said.append(some.data(), static_cast<std::size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return said;
}

}  // namespace

TEST_CASE("successor: the program has the directory and the descriptors of before", "[process]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "opened-since";
  CHECK(said_by_successor("pwd; ls -l /proc/self/fd | grep -c opened-since", file) ==
        std::filesystem::current_path().string() + "\n0\n");
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("successor: the program has the signals of before, and no timer", "[process]") {
  const TemporaryDirectory directory;
  const std::string file = directory / "opened-since";
  CHECK(said_by_successor("echo begun; kill -PIPE $$; echo ignored", file) == "begun\n");
  CHECK(said_by_successor("echo begun; kill -XFSZ $$; echo ignored", file) == "begun\n");
  CHECK(said_by_successor("sleep 0.3; echo no timer", file).ends_with("no timer\n"));
}

TEST_CASE("successor: a program that is not there says why", "[process]") {
  std::string name = "no-such-program";
  const std::array<char*, 2> arguments{name.data(), nullptr};
  const Successor successor(arguments.data());
  successor.take_over();
  CHECK(errno == ENOENT);
}

}  // namespace greylisting
