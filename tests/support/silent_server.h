// silent_server: a database server that lets a client connect and never says a word.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace greylisting::test {

class SilentServer {
 public:
  explicit SilentServer(const std::filesystem::path& file)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.string().copy(address.sun_path, sizeof address.sun_path - 1);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket_, 8) != 0) {
      throw std::runtime_error("cannot listen on " + file.string());
    }
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { close(socket_); }

  /// What a client that is gone by now had sent; nothing when none had connected.
  std::optional<std::string> received() const {
    const int connection = accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return std::nullopt;
    std::string bytes;
    std::array<char, 512> piece{};
    ssize_t size = 0;
    while ((size = ::read(connection, piece.data(), piece.size())) > 0) {
      bytes.append(piece.data(), static_cast<std::size_t>(size));
    }
    close(connection);
    return bytes;
  }

 private:
  int socket_;
};

}  // namespace greylisting::test
