// successor: the program that this process becomes: the rest of a command line, with the environment, the
// working directory, the signals and the descriptors that this one was started with.
#pragma once

#include <bitset>
#include <string>

namespace greylisting {

class Successor {
 public:
  /// The program and its arguments, a null pointer after the last, as main() has them; looked up in PATH
  /// when its name has no slash. To be made before anything is opened, and before the working directory or
  /// the signals change.
  explicit Successor(char* const* arguments);
  Successor(const Successor&) = delete;
  Successor& operator=(const Successor&) = delete;
  ~Successor();

  /// Becomes it, without the timer and the descriptors that were opened since. Returns only when that cannot
  /// be, with errno saying why. May be called from a signal handler.
  void take_over() const;

 private:
  static constexpr int kMostFiles = 256;

  char* const* arguments_;
  std::string file_;
  void (*on_pipe_)(int);
  void (*on_size_)(int);
  int directory_ = -1;
  std::bitset<kMostFiles> was_open_;
};

}  // namespace greylisting
