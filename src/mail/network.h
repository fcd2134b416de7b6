// network: IP addresses and networks in CIDR notation (RFC 4632, RFC 4291).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace greylisting {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) and one of NAT64
/// (64:ff9b::192.0.2.1) are the IPv4 address in them.
class IpAddress {
 public:
  /// Dotted quad or any form of RFC 4291, section 2.2; a zone (`%eth0`) is dropped. Nothing when it is
  /// neither.
  static std::optional<IpAddress> parse(std::string_view text);

  /// 32 or 128.
  unsigned bits() const { return bits_; }
  bool is_ipv4() const { return bits_ == 32; }

  /// 4 or 16 bytes in network order.
  std::string_view bytes() const { return {bytes_.data(), bits_ / 8}; }

  /// The usual text form (RFC 5952 for IPv6).
  std::string text() const;

  /// Whether it is an IPv6 address whose second half is made of a network card's (EUI-64; RFC 4291, appendix
  /// A), as hosts without a fixed address have it.
  bool is_eui64() const;

  /// Whether it is nobody's on the internet: private (RFC 1918, RFC 4193), shared by a provider (RFC 6598),
  /// link-local or loopback.
  bool is_private() const;

  /// The address after this one; nothing after the last.
  std::optional<IpAddress> next() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  friend class Network;

  std::array<char, 16> bytes_{};  // unused ones are zero
  unsigned bits_ = 32;
};

/// All addresses that share their first `prefix()` bits.
class Network {
 public:
  /// `address` or `address/prefix`; bits after the prefix may be set and are cleared. An IPv4-mapped or
  /// NAT64 network of prefix 96 or more is the IPv4 network. Nothing when it is not a network.
  static std::optional<Network> parse(std::string_view text);

  /// The network of that prefix length in which `address` is; a prefix beyond `address.bits()` counts as
  /// that.
  static Network of(const IpAddress& address, unsigned prefix);

  const IpAddress& first() const { return first_; }
  IpAddress last() const;
  unsigned prefix() const { return prefix_; }
  bool contains(const IpAddress& address) const;
  bool contains(const Network& inner) const;

  /// `192.0.2.0/24`
  std::string text() const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  Network(const IpAddress& first, unsigned prefix) : first_(first), prefix_(prefix) {}

  IpAddress first_;
  unsigned prefix_;
};

/// The fewest networks that together are all addresses from `first` to `last`, in order; none when they are
/// of two families or `last` comes before `first`.
std::vector<Network> networks_between(const IpAddress& first, const IpAddress& last);

/// The first addresses of all networks that `address` is in, each once, the most specific network's first.
/// Which networks contain an address is thereby a question of equality, which an index answers at any number
/// of networks.
std::vector<IpAddress> first_addresses_around(const IpAddress& address);

}  // namespace greylisting
