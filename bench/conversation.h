// conversation: a policy service on one connection, which a mail server asks over and over.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "program.h"

namespace greylisting::bench {

class Conversation {
 public:
  /// Starts it as spawn(8) does: the connection is its standard input and output. Throws std::runtime_error.
  explicit Conversation(const Program& program);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;
  ~Conversation();

  /// From before a request is sent until its answer, which ends with an empty line, is read. Throws
  /// std::runtime_error when there is none.
  Microseconds time_of(std::string_view request);

 private:
  pid_t pid_ = -1;
  int connection_ = -1;
};

}  // namespace greylisting::bench
