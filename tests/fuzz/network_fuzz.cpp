// network: what is parsed comes back from its text; a network holds its first and last address and exactly
// the addresses that share its prefix; the first addresses around an address are those of all its networks.
// The input is a network and an address, a line each.

#include "mail/network.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool bit(const IpAddress& address, unsigned index) {
  return (static_cast<unsigned char>(address.bytes()[index / 8]) >> (7 - index % 8) & 1U) != 0;
}

bool share_prefix(const IpAddress& a, const IpAddress& b, unsigned prefix) {
  if (a.bits() != b.bits()) return false;
  for (unsigned i = 0; i < prefix; ++i) {
    if (bit(a, i) != bit(b, i)) return false;
  }
  return true;
}

void check(const Network& network) {
  expect(Network::parse(network.text()) == network);
  expect(IpAddress::parse(network.first().text()) == network.first());
  const IpAddress first = network.first();
  const IpAddress last = network.last();
  expect(network.prefix() <= first.bits() && last.bits() == first.bits());
  expect(network.contains(first) && network.contains(last));
  expect(share_prefix(first, last, network.prefix()));
  for (unsigned i = network.prefix(); i < first.bits(); ++i) expect(!bit(first, i) && bit(last, i));
  expect(Network::of(last, network.prefix()) == network);
}

void check(const IpAddress& address) {
  expect(IpAddress::parse(address.text()) == address);
  expect(address.is_ipv4() == (address.bits() == 32) && address.bytes().size() == address.bits() / 8);

  const std::vector<IpAddress> around = first_addresses_around(address);
  expect(!around.empty() && around.size() <= address.bits() + 1);
  expect(around.front() == address);
  // From the most specific network to the widest: each is smaller than the one before, so none comes twice.
  expect(std::ranges::is_sorted(
      around, [](const IpAddress& a, const IpAddress& b) { return a.bytes() > b.bytes(); }));
  expect(std::ranges::adjacent_find(around) == around.end());
  std::size_t found = 0;
  for (unsigned prefix = address.bits() + 1; prefix-- > 0;) {
    const Network network = Network::of(address, prefix);
    expect(network.contains(address));
    check(network);
    while (found < around.size() && around[found] != network.first()) ++found;
    expect(found < around.size());
  }
  expect(found + 1 == around.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\n'), input.size());
  const auto network = Network::parse(input.substr(0, end));
  const auto address = IpAddress::parse(input.substr(std::min(end + 1, input.size())));
  if (network) check(*network);
  if (address) check(*address);
  if (network && address) {
    expect(network->contains(*address) == share_prefix(network->first(), *address, network->prefix()));
    // The index of greylisting_lists finds a network by its first address.
    const std::vector<IpAddress> around = first_addresses_around(*address);
    if (network->contains(*address)) expect(std::ranges::find(around, network->first()) != around.end());
  }
  return 0;
}
