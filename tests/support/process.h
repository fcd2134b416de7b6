// process: programs that tests start, and what comes out of them.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace greylisting::test {

/// Whether the programs were built with SANITIZE=1, which takes terabytes of address space and cannot be
/// static.
#ifdef GREYLISTING_IS_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

struct Command {
  std::vector<std::string> arguments;  // the program first; looked up in PATH when it has no slash
  std::map<std::string, std::string> environment{};  // nothing else is in it, but for PATH and what steers
                                                     // sanitizers
  std::vector<std::string> environment_behind{};  // NAME=value each, behind all of it, also when the name is
                                                  // there already
  std::filesystem::path directory = ".";
  std::string input{};
  std::vector<int> closed{};  // standard streams that are closed when the program starts
};

struct Result {
  int status = 0;  // exit status; 128 + N after signal N
  std::string output;
  std::string errors;
};

/// Runs the program to its end. Throws std::runtime_error when it cannot be started.
Result run(const Command& command);

/// A program in the background; ended with SIGTERM, then waited for, at the latest by the destructor.
class BackgroundProcess {
 public:
  /// Standard output and standard error go to `log`.
  BackgroundProcess(const Command& command, const std::filesystem::path& log);
  BackgroundProcess(const BackgroundProcess&) = delete;
  BackgroundProcess& operator=(const BackgroundProcess&) = delete;
  ~BackgroundProcess();

  pid_t pid() const { return pid_; }
  bool is_running();
  void stop(int signal = 15);
  /// Waits for its end; the exit status as in Result.
  int wait();

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

/// The programs under test, built beside the tests.
std::filesystem::path built(std::string_view program);

/// The top of the source tree.
std::filesystem::path source_tree();

}  // namespace greylisting::test
