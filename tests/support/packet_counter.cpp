#include "packet_counter.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace greylisting::test {
namespace {

int open_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(&address.sun_path[0], sizeof address.sun_path - 1);
  return address;
}

template <typename Call>
bool succeeds(Call call, int socket, const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  return call(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// What is left of a packet at the end of `bytes` stays there. A command's packet is the first of its
// exchange.
std::string packets_of(std::string& bytes) {
  constexpr std::size_t kHeader = 4;
  std::string packets;
  const auto byte = [&bytes](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  while (bytes.size() >= kHeader) {
    const std::size_t size =
        byte(0) | static_cast<std::size_t>(byte(1)) << 8U | static_cast<std::size_t>(byte(2)) << 16U;
    if (bytes.size() < kHeader + size) break;
    const char command = size == 0 ? '?' : byte(kHeader) == 3 ? 'q' : byte(kHeader) == 1 ? 'x' : '?';
    packets += byte(3) == 0 ? command : 'h';
    bytes.erase(0, kHeader + size);
  }
  return packets;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = send(file, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace

PacketCounter::PacketCounter(const std::filesystem::path& server)
    : server_(server), listener_(open_socket()) {
  constexpr int kBacklog = 16;
  std::array<int, 2> ends{};
  if (!succeeds(bind, listener_, socket()) || listen(listener_, kBacklog) != 0 ||
      pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot listen on " + socket().string());
  }
  stopped_ = ends[0];
  stop_ = ends[1];
  thread_ = std::thread([this] { serve(); });
}

PacketCounter::~PacketCounter() {
  close(stop_);
  thread_.join();
  close(stopped_);
  close(listener_);
}

std::string PacketCounter::taken() {
  constexpr std::chrono::seconds kPatience(60);
  std::unique_lock lock(mutex_);
  if (!ended_.wait_for(lock, kPatience, [this] { return !connections_.empty(); })) return "no connection";
  std::string packets = std::move(connections_.front());
  connections_.pop_front();
  return packets;
}

void PacketCounter::serve() {
  for (;;) {
    std::array<pollfd, 2> wait{{{listener_, POLLIN, 0}, {stopped_, POLLIN, 0}}};
    poll(wait.data(), wait.size(), -1);
    if (wait[1].revents != 0) return;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    std::string packets = pass_on(client);
    close(client);
    const std::lock_guard lock(mutex_);
    connections_.push_back(std::move(packets));
    ended_.notify_all();
  }
}

std::string PacketCounter::pass_on(int client) const {
  std::string packets;
  const int server = open_socket();
  bool is_open = succeeds(connect, server, server_);
  std::string unread;
  std::array<char, 65536> buffer{};
  while (is_open) {
    std::array<pollfd, 3> wait{{{client, POLLIN, 0}, {server, POLLIN, 0}, {stopped_, POLLIN, 0}}};
    poll(wait.data(), wait.size(), -1);
    if (wait[2].revents != 0) break;
    for (const auto& [from, to] : {std::pair(0, server), std::pair(1, client)}) {
      if (wait[static_cast<std::size_t>(from)].revents == 0) continue;
      const ssize_t size = read(from == 0 ? client : server, buffer.data(), buffer.size());
      if (size <= 0) {
        is_open = false;
        break;
      }
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
      if (from == 0) {
        unread += bytes;
        packets += packets_of(unread);
      }
      is_open = write_all(to, bytes) && is_open;
    }
  }
  close(server);
  return packets;
}

}  // namespace greylisting::test
