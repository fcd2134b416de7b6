// dns: questions to the Domain Name System, by c-ares, none of which lasts longer than what all of them may.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace greylisting {

enum class DnsType { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };

struct DnsAnswer {
  enum class Status { found, no_data, no_such_name, failed };
  Status status = Status::failed;
  /// A and AAAA: the 4 or 16 bytes; MX and PTR: the name; TXT: the text, its strings in one.
  std::vector<std::string> values{};
  std::chrono::seconds ttl{0};  // the shortest of what was found, aliases included
};

class Dns {
 public:
  using Clock = std::chrono::steady_clock;

  /// `servers` is an address, or several with commas between them, each with :PORT where it is not 53; empty
  /// for those of /etc/resolv.conf. Throws std::runtime_error where it is none of that.
  Dns(const std::string& servers, Clock::time_point end);

  /// Any bytes will do for a name; what can be none has no data. `failed` when there is no answer in time.
  DnsAnswer ask(const std::string& name, DnsType type);

 private:
  struct Channel;
  struct Close {
    void operator()(Channel* channel) const;
  };

  Clock::time_point end_;
  std::unique_ptr<Channel, Close> channel_;
};

}  // namespace greylisting
