#include "ctl/lists/breadth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "text/ascii.h"

namespace greylisting::ctl {
namespace {

// Nobody was ever given more: /8 to some in the eighties, /19 to a few providers.
constexpr unsigned kWidestIpv4 = 8;
constexpr unsigned kWidestIpv6 = 19;

// Of different lengths, with and without digits, dashes and dots.
constexpr std::array<std::string_view, 4> kHosts{"mail.example", "qx7-zk.b0", "www.a.fhy", "n12"};
constexpr std::array<std::string_view, 4> kLocalParts{"postmaster", "qx7", "b.fhy-z", "news+12"};
constexpr std::array<std::string_view, 4> kAddresses{"192.0.2.77", "2001:db8:5::9", "203.0.113.250",
                                                     "2001:db8:f00d:1:2:3:4:5"};
// Strangers without a name, with nothing in common but their family and what is given out of IPv6.
constexpr std::array<std::string_view, 3> kIpv4{"192.0.2.77", "203.0.113.250", "8.14.5.6"};
constexpr std::array<std::string_view, 3> kIpv6{"2001:db8:5::9", "2001:db8:f00d:1:2:3:4:5", "2a0c:1::be"};
constexpr std::array<std::string_view, 16> kTopLevels{"com", "net", "org", "info",  "de", "uk",
                                                      "fr",  "ru",  "cn",  "br",    "eu", "io",
                                                      "in",  "xyz", "top", "online"};

// Of a top-level domain with two letters: what stands in front of the names that it gives.
constexpr std::array<std::string_view, 10> kSecondLevels{"ac",  "co", "com", "edu", "go",
                                                         "gov", "ne", "net", "or",  "org"};

// Names that are not in the Internet's tree, and no one else's.
constexpr std::array<std::string_view, 13> kOwnNames{"localhost", "localdomain", "local",  "lan",     "home",
                                                     "internal",  "intranet",    "corp",   "invalid", "test",
                                                     "example",   "arpa",        "unknown"};

// No client of the Internet has an address of these: special ones of IPv4, all but 2000::/3 of IPv6.
constexpr std::array<std::string_view, 11> kNobodys{
    "0.0.0.0/8",      "10.0.0.0/8",  "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.168.0.0/16", "224.0.0.0/3", "::/3",          "4000::/2",    "8000::/1"};

template <typename Range>
bool has(const Range& range, std::string_view word) {
  return std::ranges::find(range, word) != range.end();
}

std::string every_client(bool is_ipv4) {
  return std::string("every ").append(is_ipv4 ? "IPv4" : "IPv6").append(" client");
}

std::string everybody(const Pattern& pattern) { return "every " + std::string(word(pattern.kind())); }

// The attempt number `i` of a stranger in that domain.
Subjects stranger(std::size_t i, std::string_view domain) {
  const std::string name = std::string(kHosts.at(i)).append(".").append(domain);
  const std::string address = std::string(kLocalParts.at(i)).append("@").append(name);
  return {.client = IpAddress::parse(kAddresses.at(i)).value_or(IpAddress()),
          .client_name = name,
          .sender = Address::sender(address),
          .recipient = Address::recipient(address)};
}

bool matches_all(const Pattern& pattern, std::string_view domain) {
  for (std::size_t i = 0; i < kHosts.size(); ++i) {
    if (!pattern.matches(stranger(i, domain))) return false;
  }
  return true;
}

bool matches_nameless(const Pattern& pattern, const auto& addresses) {
  return pattern.kind() == PatternKind::host && std::ranges::all_of(addresses, [&](std::string_view address) {
           return pattern.matches({.client = IpAddress::parse(address).value_or(IpAddress()),
                                   .client_name = {},
                                   .sender = Address::sender(""),
                                   .recipient = Address::recipient("")});
         });
}

std::optional<std::string> breadth_of_regexp(const Pattern& pattern) {
  std::vector<std::string_view> matched;
  for (const std::string_view top_level : kTopLevels) {
    if (matches_all(pattern, top_level)) matched.push_back(top_level);
  }
  if (matched.size() > kTopLevels.size() / 2) return everybody(pattern);
  for (const bool is_ipv4 : {true, false}) {
    if (matches_nameless(pattern, is_ipv4 ? kIpv4 : kIpv6)) return every_client(is_ipv4);
  }
  if (matched.empty()) return std::nullopt;
  return "a whole top-level domain, ." + std::string(matched.front());
}

std::string widest(bool is_ipv4) { return is_ipv4 ? "(/8)" : "(/19)"; }

// Loopback, private, link-local and multicast addresses are whoever's they are.
bool is_of_the_internet(const Network& network) {
  const auto first = static_cast<unsigned char>(network.first().bytes().front());
  return network.first().is_ipv4() ? first < 224 : first < 0xfc || network.prefix() < 7;
}

std::optional<std::string> breadth_of_network(const Network& network) {
  const bool is_ipv4 = network.first().is_ipv4();
  if (network.prefix() == 0) return every_client(is_ipv4);
  if (!is_of_the_internet(network) || network.prefix() >= (is_ipv4 ? kWidestIpv4 : kWidestIpv6))
    return std::nullopt;
  return "a network wider than any that one holder has " + widest(is_ipv4);
}

// Of a family, as a part of all its addresses.
double width_of(const std::vector<Network>& sorted, bool is_ipv4) {
  double width = 0;
  const Network* outer = nullptr;
  for (const Network& network : sorted) {
    const IpAddress& first = network.first();
    const bool is_held = is_of_the_internet(network) && !first.is_private() && first.bytes().front() != 0;
    const bool is_inside = outer != nullptr && outer->contains(first);
    if (first.is_ipv4() != is_ipv4 || !is_held || is_inside) continue;
    width += std::ldexp(1, -static_cast<int>(network.prefix()));
    outer = &network;
  }
  return width;
}

// The order in which a network stands before those in it.
void sort(std::vector<Network>& networks) {
  std::ranges::sort(networks, {}, [](const Network& network) {
    return std::pair(network.first().bytes(), network.prefix());
  });
}

// Of a family, from the first address to the last.
bool are_all_addresses(const std::vector<Network>& sorted, bool is_ipv4) {
  std::optional<IpAddress> wanted = IpAddress::parse(is_ipv4 ? "0.0.0.0" : "::");
  for (const Network& network : sorted) {
    const IpAddress& first = network.first();
    if (!wanted || first.is_ipv4() != is_ipv4) continue;
    if (first.bytes() > wanted->bytes()) return false;
    if (network.last().bytes() >= wanted->bytes()) wanted = network.last().next();
  }
  return !wanted;
}

// Of a domain with its subdomains, or of these alone.
std::optional<std::string> breadth_of_domain(std::string_view domain) {
  const auto dot = domain.rfind('.');
  const std::string shown = '.' + std::string(domain);
  if (domain.starts_with('[')) return std::nullopt;
  if (dot == std::string_view::npos) {
    if (has(kOwnNames, domain) || ascii::is_digits(domain)) return std::nullopt;
    return "a whole top-level domain, " + shown;
  }
  const bool is_country = domain.size() - dot == 3;
  if (is_country && has(kSecondLevels, domain.substr(0, dot))) return "a whole domain of a country, " + shown;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> breadth_of(const Pattern& pattern) {
  if (pattern.network()) return breadth_of_network(*pattern.network());
  if (pattern.is_regexp()) return breadth_of_regexp(pattern);
  const char reach = pattern.key()[1];
  if (reach != '.' && reach != '*') return std::nullopt;
  return breadth_of_domain(std::string_view(pattern.key()).substr(2));
}

std::optional<std::string> breadth_of(std::vector<Network> networks) {
  sort(networks);
  for (const bool is_ipv4 : {true, false}) {
    const unsigned most = is_ipv4 ? kWidestIpv4 : kWidestIpv6;
    if (width_of(networks, is_ipv4) > std::ldexp(1, -static_cast<int>(most)))
      return "networks that are wider in all than any that one holder has " + widest(is_ipv4);
  }
  return std::nullopt;
}

std::string all_of_internet(std::vector<Network> networks, bool is_ipv4) {
  for (const std::string_view nobodys : kNobodys) networks.push_back(*Network::parse(nobodys));
  sort(networks);
  return are_all_addresses(networks, is_ipv4) ? every_client(is_ipv4) : "";
}

std::string all_addresses_of(const std::string& domain) {
  return "every address of " + domain + ", for which this host takes mail";
}

std::string one_of(const std::string& own_domain) {
  return own_domain.starts_with('.') ? "host" + own_domain : own_domain;
}

bool is_all_of(const Pattern& pattern, const std::string& domain) {
  if (pattern.kind() != PatternKind::recipient) return false;
  return std::ranges::all_of(kLocalParts, [&](std::string_view local_part) {
    return pattern.matches(
        {.client = {},
         .client_name = {},
         .sender = Address::sender(""),
         .recipient = Address::recipient(std::string(local_part).append("@").append(domain))});
  });
}

std::string all_of_own_domain(const Pattern& pattern, const std::vector<std::string>& domains) {
  const auto found = std::ranges::find_if(
      domains, [&](const std::string& domain) { return is_all_of(pattern, one_of(domain)); });
  return found == domains.end() ? "" : *found;
}

}  // namespace greylisting::ctl
