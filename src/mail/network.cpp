#include "mail/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "text/number.h"

namespace greylisting {
namespace {

// In front of an IPv4 address: IPv4-mapped addresses (RFC 4291, section 2.5.5.2), NAT64 (RFC 6052,
// section 2.1).
constexpr std::string_view kMappedPrefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};
constexpr std::string_view kNat64Prefix{"\0\x64\xff\x9b\0\0\0\0\0\0\0\0", 12};
constexpr unsigned kMappedBits = 96;

// The text is at most 45 characters of an IPv6 address and a zone; inet_pton wants it terminated.
bool to_bytes(int family, std::string_view text, void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return false;
  std::ranges::copy(text, terminated.begin());
  return inet_pton(family, terminated.data(), bytes) == 1;
}

// The mask's byte at `index` for a network of that prefix length.
unsigned char mask_byte(unsigned prefix, unsigned index) {
  const unsigned covered = prefix <= index * 8 ? 0 : std::min(8U, prefix - index * 8);
  return static_cast<unsigned char>(0xff00U >> covered);
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  IpAddress address;
  if (to_bytes(AF_INET, text, address.bytes_.data())) return address;

  text = text.substr(0, text.find('%'));
  if (!to_bytes(AF_INET6, text, address.bytes_.data())) return std::nullopt;
  address.bits_ = 128;
  if (address.bytes().starts_with(kMappedPrefix) || address.bytes().starts_with(kNat64Prefix)) {
    IpAddress mapped;
    std::copy_n(address.bytes_.begin() + kMappedPrefix.size(), 4, mapped.bytes_.begin());
    return mapped;
  }
  return address;
}

// inet_ntop would write ::102:304 as ::1.2.3.4, which nothing else does.
std::string IpAddress::text() const {
  std::string text;
  const auto byte = [this](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes_[i]));
  };
  if (is_ipv4()) {
    for (std::size_t i = 0; i < 4; ++i) text.append(i == 0 ? "" : ".").append(std::to_string(byte(i)));
    return text;
  }
  constexpr std::size_t kGroups = 8;
  const auto group = [&](std::size_t i) { return byte(2 * i) << 8U | byte(2 * i + 1); };
  // The longest run of zeros, the first of equals; one zero is written (RFC 5952, section 4.2).
  std::size_t run = kGroups;
  std::size_t length = 1;
  for (std::size_t begin = 0; begin < kGroups; ++begin) {
    std::size_t end = begin;
    while (end < kGroups && group(end) == 0) ++end;
    if (end - begin > length) {
      run = begin;
      length = end - begin;
    }
  }
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == run) {
      text += "::";
      i += length - 1;
      continue;
    }
    std::array<char, 4> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), group(i), 16).ptr;
    text.append(text.empty() || text.ends_with(':') ? "" : ":").append(digits.data(), end);
  }
  return text;
}

// A card's address has six bytes; ff fe stands between its halves.
bool IpAddress::is_eui64() const { return !is_ipv4() && bytes().substr(11, 2) == "\xff\xfe"; }

bool IpAddress::is_private() const {
  constexpr std::array kNetworks{"10.0.0.0/8",    "172.16.0.0/12", "192.168.0.0/16",
                                 "100.64.0.0/10", "127.0.0.0/8",   "169.254.0.0/16",
                                 "fc00::/7",      "fe80::/10",     "::1/128"};
  return std::ranges::any_of(
      kNetworks, [this](const char* network) { return Network::parse(network)->contains(*this); });
}

std::optional<IpAddress> IpAddress::next() const {
  IpAddress next = *this;
  for (unsigned i = bits_ / 8; i-- > 0;) {
    next.bytes_[i] = static_cast<char>(next.bytes_[i] + 1);
    if (next.bytes_[i] != 0) return next;
  }
  return std::nullopt;
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = IpAddress::parse(address_text);
  if (!address) return std::nullopt;
  if (slash == std::string_view::npos) return Network(*address, address->bits());

  const auto number = number_of<unsigned>(text.substr(slash + 1));
  if (!number) return std::nullopt;
  unsigned prefix = *number;

  const bool mapped = address->is_ipv4() && address_text.find(':') != std::string_view::npos;
  if (mapped) {
    if (prefix < kMappedBits) return std::nullopt;
    prefix -= kMappedBits;
  }
  if (prefix > address->bits()) return std::nullopt;
  return of(*address, prefix);
}

Network Network::of(const IpAddress& address, unsigned prefix) {
  IpAddress first = address;
  prefix = std::min(prefix, address.bits());
  for (unsigned i = 0; i < address.bits() / 8; ++i) {
    first.bytes_[i] = static_cast<char>(static_cast<unsigned char>(first.bytes_[i]) & mask_byte(prefix, i));
  }
  return {first, prefix};
}

IpAddress Network::last() const {
  IpAddress last = first_;
  for (unsigned i = 0; i < first_.bits() / 8; ++i) {
    last.bytes_[i] =
        static_cast<char>(static_cast<unsigned char>(last.bytes_[i]) | (0xffU & ~mask_byte(prefix_, i)));
  }
  return last;
}

bool Network::contains(const IpAddress& address) const {
  return address.bits() == first_.bits() && of(address, prefix_).first() == first_;
}

bool Network::contains(const Network& inner) const {
  return inner.prefix_ >= prefix_ && contains(inner.first_);
}

std::string Network::text() const { return first_.text() + '/' + std::to_string(prefix_); }

std::vector<Network> networks_between(const IpAddress& first, const IpAddress& last) {
  std::vector<Network> networks;
  std::optional<IpAddress> begin = first;
  while (begin && begin->bits() == last.bits() && begin->bytes() <= last.bytes()) {
    // The widest network that begins here and does not reach too far.
    Network widest = Network::of(*begin, begin->bits());
    for (unsigned prefix = begin->bits(); prefix-- > 0;) {
      const Network wider = Network::of(*begin, prefix);
      if (wider.first() != *begin || wider.last().bytes() > last.bytes()) break;
      widest = wider;
    }
    networks.push_back(widest);
    begin = widest.last().next();
  }
  return networks;
}

std::vector<IpAddress> first_addresses_around(const IpAddress& address) {
  std::vector<IpAddress> addresses;
  for (unsigned prefix = address.bits() + 1; prefix-- > 0;) {
    const IpAddress first = Network::of(address, prefix).first();
    if (addresses.empty() || addresses.back() != first) addresses.push_back(first);
  }
  return addresses;
}

}  // namespace greylisting
