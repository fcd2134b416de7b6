// network: two hosts on this machine that reach each other through this process, which may lose packets.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

namespace greylisting::test {

/// A network namespace, for as long as this lives.
class NetworkNamespace {
 public:
  /// With one interface: `address` on this side, `peer` on the other, IPv4 both. Throws std::runtime_error
  /// when the machine does not allow it: it takes CAP_NET_ADMIN, CAP_SYS_ADMIN and /dev/net/tun.
  NetworkNamespace(const std::string& address, const std::string& peer);
  NetworkNamespace(const NetworkNamespace&) = delete;
  NetworkNamespace& operator=(const NetworkNamespace&) = delete;
  ~NetworkNamespace();

  /// Acts in it: what this thread connects to, listens on and starts meanwhile is there.
  void run(const std::function<void()>& act) const;

  /// The other end of its interface: one packet a read or a write.
  int interface() const { return interface_; }

 private:
  int namespace_ = -1;
  int interface_ = -1;
};

/// The third one, between two: carries packets from one to the other.
class Wire {
 public:
  Wire(const NetworkNamespace& one, const NetworkNamespace& other);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  /// Carries that many more packets, then none. Counted together in both directions.
  void cut_after(std::size_t packets);
  void mend();
  /// Loses that many of a hundred packets, by chance, the same chance in every run.
  void lose(unsigned percent);

  /// How many it has carried.
  std::size_t carried() const { return carried_; }

 private:
  void carry(const std::stop_token& stop);
  bool is_lost();

  const NetworkNamespace& one_;
  const NetworkNamespace& other_;
  std::atomic<std::size_t> carried_ = 0;
  std::atomic<std::size_t> last_;
  std::atomic<unsigned> loss_ = 0;
  unsigned chance_ = 1;
  std::jthread thread_;
};

}  // namespace greylisting::test
