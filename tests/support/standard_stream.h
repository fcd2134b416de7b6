// standard_stream: what the code under test writes to standard output or standard error, write by write.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace greylisting::test {

/// Takes the place of a standard stream while it lives: a socket that keeps the bounds of each write.
class StandardStream {
 public:
  /// `stream` is STDOUT_FILENO or STDERR_FILENO.
  explicit StandardStream(int stream) : stream_(stream) {
    std::cout.flush();
    std::cerr.flush();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_.data()) != 0) throw std::runtime_error("no socketpair");
    saved_ = dup(stream_);
    dup2(ends_[1], stream_);
  }
  ~StandardStream() {
    dup2(saved_, stream_);
    for (const int descriptor : {saved_, ends_[0], ends_[1]}) close(descriptor);
  }
  StandardStream(const StandardStream&) = delete;
  StandardStream& operator=(const StandardStream&) = delete;

  /// What was written so far; an empty write is one, too.
  std::vector<std::string> writes() const {
    std::vector<std::string> all;
    std::string buffer(65536, '\0');
    for (;;) {
      const ssize_t size = recv(ends_[0], buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0) return all;
      all.push_back(buffer.substr(0, static_cast<std::size_t>(size)));
    }
  }

 private:
  int stream_;
  std::array<int, 2> ends_{};
  int saved_ = -1;
};

}  // namespace greylisting::test
