#include "ctl/check/policy_socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kQuestion = "request=smtpd_access_policy\nprotocol_state=CONNECT\n\n";

class PolicyConnection {
 public:
  explicit PolicyConnection(const addrinfo& address)
      : descriptor_(socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, 0)) {
    // As long as Postfix waits in the sample.
    constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};
    for (const int way : {SO_SNDTIMEO, SO_RCVTIMEO})
      setsockopt(descriptor_, SOL_SOCKET, way, &kPatience, sizeof kPatience);
    is_connected_ = descriptor_ >= 0 && connect(descriptor_, address.ai_addr, address.ai_addrlen) == 0;
  }
  PolicyConnection(const PolicyConnection&) = delete;
  PolicyConnection& operator=(const PolicyConnection&) = delete;
  ~PolicyConnection() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  bool is_connected() const { return is_connected_; }

  // Up to the empty line that ends it, or as far as it comes.
  std::string answer_to(std::string_view question) const {
    std::string answer;
    if (send(descriptor_, question.data(), question.size(), MSG_NOSIGNAL) < 0) return answer;
    std::array<char, 512> buffer{};
    while (!answer.ends_with("\n\n")) {
      const ssize_t size = recv(descriptor_, buffer.data(), buffer.size(), 0);
      if (size <= 0) break;
      answer.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return answer;
  }

 private:
  int descriptor_;
  bool is_connected_ = false;
};

}  // namespace

std::string ask_policy_service(const std::string& place) {
  const auto colon = place.rfind(':');
  if (colon == std::string::npos) return "\"" + one_line(place) + "\" names no port";
  std::string host = place.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), place.c_str() + colon + 1, &hints, &found); error != 0)
    return gai_strerror(error);
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
  const PolicyConnection connection(*addresses);
  if (!connection.is_connected()) return std::strerror(errno);
  const std::string answer = connection.answer_to(kQuestion);
  if (answer.starts_with("action=") && answer.ends_with("\n\n")) return {};
  return answer.empty() ? "the connection ends" : "it says \"" + one_line(answer) + '"';
}

}  // namespace greylisting::ctl
