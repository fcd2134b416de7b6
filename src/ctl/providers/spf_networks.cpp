#include "ctl/providers/spf_networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr int kMostLookups = 10;
constexpr int kMostVoidLookups = 2;  // that find nothing
constexpr std::size_t kMostExchanges = 10;

// Nobody sends from more than this; who says so means everybody.
constexpr unsigned kWidestIpv4 = 8;
constexpr unsigned kWidestIpv6 = 19;

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

// A term that is a mechanism: `+a:mail.example.org/28//64`.
struct Mechanism {
  char qualifier = '+';
  std::string name{};
  std::string_view value{};   // what follows the colon
  std::string_view length{};  // what follows the first slash
};

Mechanism mechanism_of(std::string_view term) {
  Mechanism mechanism;
  if (!term.empty() && std::string_view("+-~?").find(term.front()) != std::string_view::npos) {
    mechanism.qualifier = term.front();
    term.remove_prefix(1);
  }
  const auto end = std::min(term.find_first_of(":/"), term.size());
  mechanism.name = ascii::lower(term.substr(0, end));
  term.remove_prefix(end);
  if (term.starts_with(':')) {
    term.remove_prefix(1);
    // The addresses of ip4 and ip6 keep theirs.
    const auto slash = mechanism.name.starts_with("ip") ? term.size() : std::min(term.find('/'), term.size());
    mechanism.value = term.substr(0, slash);
    term.remove_prefix(slash);
  }
  if (term.starts_with('/')) mechanism.length = term.substr(1);
  return mechanism;
}

std::optional<IpAddress> address_of(const std::string& bytes, DnsType type) {
  const bool is_ipv4 = type == DnsType::a;
  if (bytes.size() != (is_ipv4 ? sizeof(in_addr) : sizeof(in6_addr))) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
  return IpAddress::parse(text.data());
}

// `28//64`, of which each may be missing: the length for IPv4, then for IPv6.
std::optional<unsigned> prefix_of(std::string_view length, bool is_ipv4) {
  const auto middle = length.find('/');
  const std::string_view ipv4 = length.substr(0, middle);
  std::string_view ipv6;
  if (middle != std::string_view::npos) ipv6 = length.substr(middle + 1);
  if (ipv6.starts_with('/')) ipv6.remove_prefix(1);
  const unsigned most = is_ipv4 ? 32 : 128;
  const std::string_view text = is_ipv4 ? ipv4 : ipv6;
  if (text.empty()) return most;
  const auto prefix = number_of<unsigned>(text);
  return prefix && *prefix <= most ? prefix : std::nullopt;
}

class Walk {
 public:
  explicit Walk(const DnsLookup& ask) : ask_(ask) {}

  // What `domain` lets pass; false when the walk is over because of it.
  bool follow(const std::string& domain) {
    const auto record = record_of(domain);
    if (!record) return false;
    std::string redirect;
    std::string_view rest = *record;
    take_word(rest);  // v=spf1
    bool says_all = false;
    const auto outside = static_cast<std::ptrdiff_t>(excluded_.size());
    for (std::string_view term = take_word(rest); !term.empty() && !says_all; term = take_word(rest)) {
      if (const auto sign = term.find('=');
          sign != std::string_view::npos && sign < term.find_first_of(":/")) {
        if (ascii::lower(term.substr(0, sign)) == "redirect") redirect = term.substr(sign + 1);
        continue;
      }
      const Mechanism mechanism = mechanism_of(term);
      says_all = mechanism.name == "all";
      if (mechanism.qualifier != '+') {
        exclude(mechanism);
      } else if (!take(mechanism, domain, term)) {
        return false;
      }
    }
    const bool goes_on = says_all || redirect.empty() || !is_name(redirect, "redirect=" + redirect) ||
                         (count() && follow(redirect));
    // A record that includes this one asks on where this one lets nobody pass.
    excluded_.erase(excluded_.begin() + outside, excluded_.end());
    return goes_on;
  }

  SpfNetworks result{};

 private:
  bool fail(const std::string& why) {
    result.why = why;
    return false;
  }

  bool count() {
    return ++lookups_ <= kMostLookups ||
           fail("its record asks DNS more than " + std::to_string(kMostLookups) + " times");
  }

  bool count_void() {
    return ++voids_ <= kMostVoidLookups ||
           fail("its record names more than " + std::to_string(kMostVoidLookups) +
                " hosts or domains that DNS does not have");
  }

  // Whom a term does not let pass no later one does. Hosts that are excluded by name are not looked up.
  void exclude(const Mechanism& mechanism) {
    if (mechanism.name != "ip4" && mechanism.name != "ip6") return;
    if (const auto network = Network::parse(mechanism.value)) excluded_.push_back(*network);
  }

  void leave(std::string_view term, const std::string& why) {
    result.left.push_back(one_line(term) + ": " + why);
  }

  bool is_name(std::string_view name, std::string_view term) {
    if (name.find('%') == std::string_view::npos) return true;
    leave(term, "depends on the message");
    return false;
  }

  std::optional<DnsAnswer> asked(const std::string& name, DnsType type) {
    DnsAnswer answer = ask_(name, type);
    if (answer.status != DnsAnswer::Status::failed) return answer;
    fail("DNS does not answer for " + one_line(name));
    return std::nullopt;
  }

  std::optional<std::string> record_of(const std::string& domain) {
    const auto answer = asked(domain, DnsType::txt);
    if (!answer) return std::nullopt;
    std::optional<std::string> record;
    for (const std::string& text : answer->values) {
      if (ascii::lower(text.substr(0, 6)) != "v=spf1" || (text.size() > 6 && text[6] != ' ')) continue;
      if (record) {
        fail(one_line(domain) + " has two SPF records");
        return std::nullopt;
      }
      record = text;
    }
    if (!record) fail(one_line(domain) + " has no SPF record");
    return record;
  }

  bool take(const Mechanism& mechanism, const std::string& domain, std::string_view term) {
    if (mechanism.name == "ip4" || mechanism.name == "ip6") {
      const auto network = Network::parse(mechanism.value);
      if (!network)
        return fail("its record has " + in_quotes(std::string(term), 100) + ", which is no network");
      add(*network, term);
      return true;
    }
    if (mechanism.name == "all") {
      leave(term, "everybody");
      return true;
    }
    if (mechanism.name == "ptr" || mechanism.name == "exists") {
      leave(term, "names no network");
      return count();
    }
    if (mechanism.name != "a" && mechanism.name != "mx" && mechanism.name != "include")
      return fail("its record has " + in_quotes(std::string(term), 100) + ", which is no term of SPF");
    const std::string name(mechanism.value.empty() ? std::string_view(domain) : mechanism.value);
    if (!count()) return false;
    if (!is_name(name, term)) return true;
    if (mechanism.name == "include") return follow(name);
    if (mechanism.name == "a") {
      const auto is_there = take_addresses(name, mechanism.length, term);
      return is_there && (*is_there || count_void());
    }
    const auto exchanges = asked(name, DnsType::mx);
    if (!exchanges) return false;
    if (exchanges->values.empty() && !count_void()) return false;
    if (exchanges->values.size() > kMostExchanges)
      return fail(one_line(name) + " has more than ten MX records");
    return std::ranges::all_of(exchanges->values, [&](const std::string& exchange) {
      return take_addresses(exchange, mechanism.length, term).has_value();
    });
  }

  // Whether there are any; nothing when the walk is over.
  std::optional<bool> take_addresses(const std::string& name, std::string_view length,
                                     std::string_view term) {
    bool is_there = false;
    for (const DnsType type : {DnsType::a, DnsType::aaaa}) {
      const auto answer = asked(name, type);
      if (!answer) return std::nullopt;
      is_there = is_there || !answer->values.empty();
      for (const std::string& bytes : answer->values) {
        const auto address = address_of(bytes, type);
        const auto prefix = prefix_of(length, type == DnsType::a);
        if (!prefix) {
          fail("its record has " + in_quotes(std::string(term), 100) + ", which is no network");
          return std::nullopt;
        }
        if (address) add(Network::of(*address, std::min(*prefix, address->bits())), term);
      }
    }
    return is_there;
  }

  void add(const Network& network, std::string_view term) {
    const unsigned widest = network.first().is_ipv4() ? kWidestIpv4 : kWidestIpv6;
    if (network.prefix() < widest) return leave(term, "everybody");
    add_rest(network);
  }

  // What of it is not excluded.
  void add_rest(const Network& network) {
    const auto has = [&](const auto& condition) { return std::ranges::any_of(excluded_, condition); };
    if (has([&](const Network& excluded) { return excluded.contains(network); })) return;
    if (has([&](const Network& excluded) { return network.contains(excluded); })) {
      for (const IpAddress& address : {network.first(), network.last()})
        add_rest(Network::of(address, network.prefix() + 1));
    } else if (std::ranges::find(result.networks, network) == result.networks.end()) {
      result.networks.push_back(network);
    }
  }

  const DnsLookup& ask_;
  int lookups_ = 0;
  int voids_ = 0;
  std::vector<Network> excluded_{};
};

}  // namespace

SpfNetworks spf_networks(const std::string& domain, const DnsLookup& ask) {
  Walk walk(ask);
  if (!walk.follow(domain)) walk.result.networks.clear();
  return walk.result;
}

}  // namespace greylisting::ctl
