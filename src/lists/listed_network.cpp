#include "lists/listed_network.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lists/pattern.h"
#include "text/ascii.h"
#include "text/number.h"

namespace greylisting {
namespace {

constexpr std::size_t kMaxNetworks = 1000;  // of a range

// 10   10.   195.235.39   10.1.*.*   and with a prefix that ends within these octets 10/8   192.0.2/24
std::optional<Network> network_of_first_octets(std::string_view text, std::optional<unsigned> prefix) {
  constexpr std::string_view kAny = ".*";
  int any = 0;
  for (; !prefix && text.ends_with(kAny); ++any) text.remove_suffix(kAny.size());
  if (any == 0 && text.ends_with('.')) text.remove_suffix(1);
  auto octets = std::ranges::count(text, '.') + 1;
  if (text.empty() || octets > 3 || octets + any > 4 ||
      !std::ranges::all_of(text, [](char c) { return c == '.' || ascii::is_digit(c); }))
    return std::nullopt;
  const auto said = static_cast<unsigned>(8 * octets);
  if (prefix && *prefix > said) return std::nullopt;
  std::string network(text);
  for (; octets < 4; ++octets) network += ".0";
  return Network::parse(network + '/' + std::to_string(prefix.value_or(said)));
}

// 192.0.2.0/255.255.255.0: the number of ones, with no zero before them; nothing for what is no such mask.
std::optional<unsigned> prefix_of_mask(std::string_view text) {
  const auto mask = text.find('.') == std::string_view::npos ? std::nullopt : IpAddress::parse(text);
  if (!mask || !mask->is_ipv4()) return std::nullopt;
  for (unsigned prefix = 0; prefix <= mask->bits(); ++prefix) {
    if (Network::of(*IpAddress::parse("255.255.255.255"), prefix).first() == *mask) return prefix;
  }
  return std::nullopt;
}

struct OctetRange {
  unsigned first = 0;
  unsigned last = 255;
};

// Empty for anything else.
std::vector<OctetRange> octet_ranges(std::string_view text) {
  std::vector<OctetRange> ranges;
  if (text.ends_with('.')) return {};
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('.'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto dash = std::min(part.find('-'), part.size());
    const auto first = number_of<unsigned>(part.substr(0, dash));
    const auto last = dash == part.size() ? first : number_of<unsigned>(part.substr(dash + 1));
    if (!first || !last || *first > *last || *last > 255 || ranges.size() == 4) return {};
    ranges.push_back({*first, *last});
  }
  return ranges;
}

// All networks of such ranges. What follows the last octet that is said is any.
std::vector<Network> networks_of(const std::vector<OctetRange>& ranges) {
  std::vector<std::string> begins{""};
  for (std::size_t i = 0; i + 1 < ranges.size(); ++i) {
    std::vector<std::string> longer;
    for (const std::string& begin : begins) {
      for (unsigned octet = ranges[i].first; octet <= ranges[i].last; ++octet)
        longer.push_back(begin + std::to_string(octet) + '.');
    }
    begins = std::move(longer);
    if (begins.size() > kMaxNetworks) return {};
  }
  std::vector<Network> networks;
  for (const std::string& begin : begins) {
    std::string first = begin + std::to_string(ranges.back().first);
    std::string last = begin + std::to_string(ranges.back().last);
    for (std::size_t i = ranges.size(); i < 4; ++i) {
      first += ".0";
      last += ".255";
    }
    std::ranges::move(networks_between(*IpAddress::parse(first), *IpAddress::parse(last)),
                      std::back_inserter(networks));
    if (networks.size() > kMaxNetworks) return {};
  }
  return networks;
}

}  // namespace

std::string without_brackets(std::string_view text) {
  const auto end = text.rfind(']');
  if (!text.starts_with('[') || end == std::string_view::npos) return std::string(text);
  const std::string_view behind = text.substr(end + 1);
  std::string_view inside = text.substr(1, end - 1);
  if (ascii::lower(inside.substr(0, 5)) == "ipv6:") inside.remove_prefix(5);
  if (!IpAddress::parse(inside.substr(0, inside.find('/'))) || (!behind.empty() && behind[0] != '/'))
    return std::string(text);
  return std::string(inside).append(behind);
}

std::optional<Network> listed_network(std::string_view text) {
  const std::string plain = without_brackets(text);
  if (plain.find(':') != std::string::npos) return Network::parse(plain);
  const auto slash = plain.find('/');
  if (slash == std::string::npos) {
    const auto network = network_of_first_octets(plain, std::nullopt);
    return network ? network : Network::parse(plain);
  }
  const std::string address = plain.substr(0, slash);
  const std::string_view size = std::string_view(plain).substr(slash + 1);
  const auto mask = prefix_of_mask(size);
  const auto prefix = mask ? mask : number_of<unsigned>(size);
  if (!prefix) return std::nullopt;
  const auto network = network_of_first_octets(address, prefix);
  return network ? network : Network::parse(address + '/' + std::to_string(*prefix));
}

std::optional<std::vector<Network>> networks_of_range(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  if (const auto ranges = octet_ranges(text); ranges.size() > 1) {
    auto networks = networks_of(ranges);
    if (networks.empty()) {
      throw PatternError(text, "is more than " + std::to_string(kMaxNetworks) +
                                   " networks; name those that it is made of, or a wider one");
    }
    return networks;
  }
  const auto first = IpAddress::parse(without_brackets(text.substr(0, dash)));
  if (!first) return std::nullopt;
  const std::string_view rest = text.substr(dash + 1);
  const auto last = IpAddress::parse(without_brackets(rest));
  // As many providers have it: 192.0.2.7-static.example.net.
  const bool is_name = !last && rest.find(':') == std::string_view::npos && !ends_in_number(rest);
  if (is_name) return std::nullopt;
  auto networks = last ? networks_between(*first, *last) : std::vector<Network>();
  if (networks.empty())
    throw PatternError(PatternKind::network, text, "is not a range of addresses, the first one first");
  return networks;
}

bool ends_in_number(std::string_view name) {
  const auto dot = name.rfind('.');
  const std::string_view last = name.substr(dot == std::string_view::npos ? 0 : dot + 1);
  if (last.starts_with("0x") && ascii::is_hexadecimal(last.substr(2))) return true;
  return !last.empty() && std::ranges::all_of(last, [](char c) { return ascii::is_digit(c) || c == '-'; });
}

std::string without_leading_zeros(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_begin = plain.empty() || !ascii::is_digit(plain.back());
    const bool is_followed = i + 1 < text.size() && ascii::is_digit(text[i + 1]);
    if (text[i] != '0' || !is_begin || !is_followed) plain += text[i];
  }
  return plain;
}

}  // namespace greylisting
