#include "process/dns.h"

// Names of before 1.26 are what Debian 12 has.
#define CARES_NO_DEPRECATED
#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <resolv.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <string_view>

#include "text/printable.h"

namespace greylisting {
namespace {

using std::chrono::milliseconds;

constexpr int kTries = 3;  // of all servers, the first after a third of the time
constexpr milliseconds kLeastPatience{50};

// An answer's number is of 32 bits; nobody means more than this.
constexpr std::chrono::seconds kLongestTtl = std::chrono::days(7);

std::string_view bytes(const unsigned char* begin, std::size_t size) {
  return {reinterpret_cast<const char*>(begin), size};
}

// The strings of a TXT record belong together (RFC 7208, section 3.3).
std::string text_of(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const auto size = static_cast<unsigned char>(data.front());
    text += data.substr(1, size);
    data.remove_prefix(std::min<std::size_t>(data.size(), size + 1U));
  }
  return text;
}

std::string name_at(const ns_msg& message, const unsigned char* begin) {
  std::array<char, NS_MAXDNAME> name{};
  const int size =
      dn_expand(ns_msg_base(message), ns_msg_end(message), begin, name.data(), static_cast<int>(name.size()));
  return size < 0 ? "" : name.data();
}

std::string value_of(const ns_msg& message, const ns_rr& record) {
  constexpr std::size_t kPreference = 2;
  const std::string_view data = bytes(ns_rr_rdata(record), ns_rr_rdlen(record));
  switch (static_cast<DnsType>(ns_rr_type(record))) {
    case DnsType::a:
    case DnsType::aaaa:
      break;
    case DnsType::txt:
      return text_of(data);
    case DnsType::ptr:
      return name_at(message, ns_rr_rdata(record));
    case DnsType::mx:
      return data.size() > kPreference ? name_at(message, ns_rr_rdata(record) + kPreference) : "";
  }
  return std::string(data);
}

DnsAnswer read(DnsType type, const unsigned char* reply, int size) {
  ns_msg message{};
  if (ns_initparse(reply, size, &message) != 0) return {};
  DnsAnswer answer{.status = DnsAnswer::Status::no_data, .ttl = kLongestTtl};
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record{};
    if (ns_parserr(&message, ns_s_an, i, &record) != 0) return {};
    answer.ttl = std::min(answer.ttl, std::chrono::seconds(ns_rr_ttl(record)));
    if (ns_rr_type(record) != static_cast<int>(type)) continue;
    answer.status = DnsAnswer::Status::found;
    answer.values.push_back(value_of(message, record));
  }
  return answer;
}

struct Asked {
  DnsType type{};
  DnsAnswer answer{};
  bool is_answered = false;
};

void take(void* asked_of, int status, int /*timeouts*/, unsigned char* reply, int size) {
  Asked& asked = *static_cast<Asked*>(asked_of);
  asked.is_answered = true;
  switch (status) {
    case ARES_SUCCESS:
      asked.answer = read(asked.type, reply, size);
      break;
    case ARES_ENODATA:
    case ARES_EBADNAME:
      asked.answer.status = DnsAnswer::Status::no_data;
      break;
    case ARES_ENOTFOUND:
      asked.answer.status = DnsAnswer::Status::no_such_name;
      break;
    default:
      break;
  }
}

// Waits for what the channel's sockets have to say, and hands it to the channel, which may have waited
// enough.
void attend(ares_channel channel, milliseconds left) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel, sockets.data(), static_cast<int>(sockets.size()));
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  nfds_t count = 0;
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const bool reads = ARES_GETSOCK_READABLE(wanted, i) != 0;
    const bool writes = ARES_GETSOCK_WRITABLE(wanted, i) != 0;
    if (!reads && !writes) continue;
    polled[count].fd = sockets[i];
    polled[count++].events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
  }
  timeval most{.tv_sec = left.count() / 1000, .tv_usec = left.count() % 1000 * 1000};
  timeval wait{};
  ares_timeout(channel, &most, &wait);
  // A poll that ends a little early would ask for a time that is not over, again and again.
  const auto until_next = static_cast<int>(wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1);
  if (poll(polled.data(), count, until_next) <= 0) {
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    return;
  }
  for (nfds_t i = 0; i < count; ++i) {
    const short events = polled[i].revents;
    ares_process_fd(channel, (events & ~POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD,
                    (events & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
  }
}

}  // namespace

struct Dns::Channel {
  ares_channel ares = nullptr;
};

void Dns::Close::operator()(Channel* channel) const {
  if (channel->ares != nullptr) ares_destroy(channel->ares);
  delete channel;
}

Dns::Dns(const std::string& servers, Clock::time_point end) : end_(end), channel_(new Channel) {
  ares_library_init(ARES_LIB_INIT_ALL);
  const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
  ares_options options{};
  options.timeout = static_cast<int>(std::max(left / kTries, kLeastPatience).count());
  options.tries = kTries;
  int status = ares_init_options(&channel_->ares, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status == ARES_SUCCESS && !servers.empty())
    status = ares_set_servers_ports_csv(channel_->ares, servers.c_str());
  if (status != ARES_SUCCESS) {
    throw std::runtime_error("dns_server: " + in_quotes(servers, 100) + ": " + ares_strerror(status) +
                             "; give the address of a server, with :PORT where it is not 53");
  }
}

DnsAnswer Dns::ask(const std::string& name, DnsType type) {
  Asked asked{.type = type};
  // A NUL would be the name's end.
  if (name.find('\0') != std::string::npos) return {.status = DnsAnswer::Status::no_data};
  ares_query(channel_->ares, name.c_str(), ns_c_in, static_cast<int>(type), take, &asked);
  while (!asked.is_answered) {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - Clock::now());
    if (left.count() <= 0) {
      ares_cancel(channel_->ares);
      break;
    }
    attend(channel_->ares, left);
  }
  return asked.answer;
}

}  // namespace greylisting
