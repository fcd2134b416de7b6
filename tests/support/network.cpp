#include "network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace greylisting::test {
namespace {

constexpr const char* kInterface = "wire";
constexpr const char* kOwnNamespace = "/proc/thread-self/ns/net";
constexpr std::size_t kForEver = std::numeric_limits<std::size_t>::max();

int required(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

// Has the calling thread come back to the namespace it is in now.
class ComesBack {
 public:
  ComesBack() : before_(required(open(kOwnNamespace, O_RDONLY | O_CLOEXEC), kOwnNamespace)) {}
  ComesBack(const ComesBack&) = delete;
  ComesBack& operator=(const ComesBack&) = delete;
  ~ComesBack() {
    // Nothing that follows could be right in another one.
    if (setns(before_, CLONE_NEWNET) != 0) std::terminate();
    close(before_);
  }

 private:
  int before_;
};

ifreq request() {
  ifreq request{};
  std::strncpy(request.ifr_name, kInterface, sizeof request.ifr_name - 1);
  return request;
}

sockaddr address_of(const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1) throw std::runtime_error(text);
  sockaddr result{};
  std::memcpy(&result, &address, sizeof result);
  return result;
}

void configure(const std::string& address, const std::string& peer) {
  const int any = required(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  ifreq one = request();
  one.ifr_addr = address_of(address);
  ifreq other = request();
  other.ifr_dstaddr = address_of(peer);
  ifreq up = request();
  up.ifr_flags = IFF_UP | IFF_RUNNING;
  required(ioctl(any, SIOCSIFADDR, &one), "an address for the interface");
  required(ioctl(any, SIOCSIFDSTADDR, &other), "an address behind the interface");
  required(ioctl(any, SIOCSIFFLAGS, &up), "the interface");
  close(any);
}

}  // namespace

NetworkNamespace::NetworkNamespace(const std::string& address, const std::string& peer) {
  const ComesBack comes_back;
  required(unshare(CLONE_NEWNET), "a network namespace");
  interface_ = required(open("/dev/net/tun", O_RDWR | O_CLOEXEC), "/dev/net/tun");
  ifreq tun = request();
  tun.ifr_flags = IFF_TUN | IFF_NO_PI;
  required(ioctl(interface_, TUNSETIFF, &tun), "/dev/net/tun");
  configure(address, peer);
  namespace_ = required(open(kOwnNamespace, O_RDONLY | O_CLOEXEC), kOwnNamespace);
}

NetworkNamespace::~NetworkNamespace() {
  close(interface_);
  close(namespace_);
}

void NetworkNamespace::run(const std::function<void()>& act) const {
  const ComesBack comes_back;
  required(setns(namespace_, CLONE_NEWNET), "a network namespace");
  act();
}

Wire::Wire(const NetworkNamespace& one, const NetworkNamespace& other)
    : one_(one),
      other_(other),
      last_(kForEver),
      thread_([this](const std::stop_token& stop) { carry(stop); }) {}

Wire::~Wire() {
  thread_.request_stop();
  thread_.join();
}

void Wire::cut_after(std::size_t packets) { last_ = carried_ + packets; }

void Wire::mend() {
  last_ = kForEver;
  loss_ = 0;
}

void Wire::lose(unsigned percent) { loss_ = percent; }

void Wire::carry(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> wait{{{one_.interface(), POLLIN, 0}, {other_.interface(), POLLIN, 0}}};
    if (poll(wait.data(), wait.size(), 20) <= 0) continue;
    for (std::size_t from = 0; from < wait.size(); ++from) {
      if (wait.at(from).revents == 0) continue;
      std::array<char, 4096> packet{};
      const ssize_t size = read(wait.at(from).fd, packet.data(), packet.size());
      if (size <= 0 || is_lost()) continue;
      ++carried_;
      [[maybe_unused]] const auto written =
          write(wait.at(1 - from).fd, packet.data(), static_cast<std::size_t>(size));
    }
  }
}

bool Wire::is_lost() {
  if (carried_ >= last_) return true;
  chance_ = chance_ * 48271U % 2147483647U;  // std::minstd_rand
  return chance_ % 100 < loss_;
}

}  // namespace greylisting::test
