// program: a program that is started over and over as qmail-smtpd starts a plugin, and how long it takes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <ratio>
#include <string>
#include <vector>

namespace greylisting::bench {

using Microseconds = std::chrono::duration<double, std::micro>;

/// How it is started: standard input closed, standard output a pipe that is read to its end, as in qmail-spp.
/// Standard error goes nowhere.
struct Program {
  std::filesystem::path file;
  std::map<std::string, std::string> environment{};
  std::filesystem::path directory = "/";
  std::string argument{};
  std::chrono::milliseconds goes_on{};  // how long a process that it leaves behind may take; nothing else is
                                        // measured until then
};

/// A Program that has been started.
class Run {
 public:
  /// Throws std::runtime_error when it cannot be started.
  explicit Run(const Program& program);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run();

  /// Reads what it writes and waits for its end. Throws std::runtime_error when its status is not 0.
  std::string finish();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string name_;
};

/// From before the program is started until it is gone.
Microseconds time_of(const Program& program);

/// What a series of times comes to.
struct Summary {
  Microseconds median{};
  Microseconds p99{};
};
Summary summary(std::vector<Microseconds> times);

/// The next program of a series: the same every time, or another recipient each time.
using Series = std::function<Program()>;

/// Times of several series, one of each in a round and in another order each time, so that whatever else the
/// machine does, and what came before, meets all of them alike.
std::vector<Summary> in_turn(const std::vector<Series>& series, std::size_t rounds);

/// How many of a series are done in a second with `at_once` of them running all the time.
double rate(const Series& series, std::size_t at_once, std::size_t total);

/// The most memory that one run of it has resident, in KiB.
long peak_resident(const Program& program);

}  // namespace greylisting::bench
