// packet_counter: stands on a unix socket between a client and a MySQL or MariaDB server and counts commands.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>

#include "temporary_directory.h"

namespace greylisting::test {

/// Passes on what client and server say, one connection after the other, until it is destroyed.
class PacketCounter {
 public:
  explicit PacketCounter(const std::filesystem::path& server);
  PacketCounter(const PacketCounter&) = delete;
  PacketCounter& operator=(const PacketCounter&) = delete;
  ~PacketCounter();

  std::filesystem::path socket() const { return directory_ / "s"; }

  /// Waits for the end of the next connection. What its client has sent, a character a packet in the order
  /// sent: `h` a part of the handshake, `q` statements, `x` the end of the connection, `?` another command.
  std::string taken();

 private:
  void serve();
  std::string pass_on(int client) const;

  TemporaryDirectory directory_;
  std::filesystem::path server_;
  int listener_ = -1;
  int stop_ = -1;     // the end that is closed to stop
  int stopped_ = -1;  // the end that is watched
  std::mutex mutex_;
  std::condition_variable ended_;
  std::deque<std::string> connections_;  // that have ended
  std::thread thread_;
};

}  // namespace greylisting::test
