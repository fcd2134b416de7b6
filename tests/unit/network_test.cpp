#include "mail/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

using namespace std::string_literals;

__extension__ typedef unsigned __int128 Bits;

// The reference: an address is a number of 32 or 128 bits, a network is arithmetic on it.
struct Written {
  Bits value = 0;
  unsigned bits = 32;

  bool operator==(const Written&) const = default;
};

Written number_of(std::string_view bytes) {
  Written number{0, static_cast<unsigned>(bytes.size()) * 8};
  for (const char c : bytes) number.value = number.value << 8U | static_cast<unsigned char>(c);
  return number;
}

Written number_of(const IpAddress& address) { return number_of(address.bytes()); }

std::string bytes_of(const Written& number) {
  std::string bytes;
  for (unsigned shift = number.bits; shift > 0; shift -= 8) {
    bytes += static_cast<char>(static_cast<unsigned char>(number.value >> (shift - 8) & 0xffU));
  }
  return bytes;
}

// The part of an address that a prefix leaves free, all ones.
Bits host_mask(unsigned prefix, unsigned bits) {
  const unsigned free = bits - prefix;
  return free == 128 ? ~Bits{0} : (Bits{1} << free) - 1;
}

Written first_of(const Written& number, unsigned prefix) {
  return {number.value & ~host_mask(prefix, number.bits), number.bits};
}

Written last_of(const Written& number, unsigned prefix) {
  return {number.value | host_mask(prefix, number.bits), number.bits};
}

bool reference_contains(const Written& network, unsigned prefix, const Written& address) {
  return address.bits == network.bits && first_of(network, prefix) == first_of(address, prefix);
}

bool is_mapped(const Written& number) { return number.bits == 128 && number.value >> 32U == 0xffff; }

// By inet_ntop, but for what it shows as ::1.2.3.4.
std::string text_of(const Written& number) {
  if (number.bits == 128 && number.value >> 32U == 0 && number.value >> 16U != 0) {
    std::array<char, 16> groups{};
    std::snprintf(groups.data(), groups.size(), "::%x:%x", static_cast<unsigned>(number.value >> 16U),
                  static_cast<unsigned>(number.value & 0xffffU));
    return groups.data();
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(number.bits == 32 ? AF_INET : AF_INET6, bytes_of(number).data(), text.data(), text.size());
  return text.data();
}

// By inet_pton alone, without zone and mapping.
bool inet_pton_takes(int family, const std::string& text) {
  std::array<char, 16> bytes{};
  return inet_pton(family, text.c_str(), bytes.data()) == 1;
}

std::string eight_groups(const Written& number, const char* format) {
  std::string text;
  for (unsigned shift = 128; shift > 0; shift -= 16) {
    std::array<char, 8> group{};
    std::snprintf(group.data(), group.size(), format,
                  static_cast<unsigned>(number.value >> (shift - 16) & 0xffffU));
    text += (text.empty() ? "" : ":") + std::string(group.data());
  }
  return text;
}

// Every way that RFC 4291, section 2.2, has to write an address.
std::vector<std::string> spellings(const Written& number) {
  if (number.bits == 32) return {text_of(number)};
  std::string upper = text_of(number);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  const std::string groups = eight_groups(number, "%x");
  const std::string quad = text_of({number.value & 0xffffffffU, 32});
  const auto sixth_colon = groups.rfind(':', groups.rfind(':') - 1);
  return {text_of(number),
          upper,
          groups,
          eight_groups(number, "%04x"),
          eight_groups(number, "%04X"),
          groups.substr(0, sixth_colon + 1) + quad};
}

class Generator {
 public:
  // Runs of zeros and ones among random bytes, so that "::", first and last addresses come up.
  Written address() {
    Written number{0, below(2) == 0 ? 32U : 128U};
    for (unsigned shift = 0; shift < number.bits; shift += 8) {
      const unsigned kind = below(4);
      const unsigned byte = kind == 0 ? 0 : kind == 1 ? 0xff : below(256);
      number.value = number.value << 8U | byte;
    }
    return number;
  }

  // One bit of it flipped, or none.
  Written near(Written number) {
    const unsigned bit = below(number.bits + 1);
    if (bit < number.bits) number.value ^= Bits{1} << bit;
    return number;
  }

  unsigned below(unsigned limit) { return static_cast<unsigned>(random_()) % limit; }

 private:
  std::mt19937 random_{test::kSeed};
};

IpAddress address(std::string_view text) {
  CAPTURE(std::string(text));
  const auto address = IpAddress::parse(text);
  REQUIRE(address.has_value());
  return *address;
}

Network network(std::string_view text) {
  CAPTURE(std::string(text));
  const auto network = Network::parse(text);
  REQUIRE(network.has_value());
  return *network;
}

TEST_CASE("IpAddress::parse: every spelling of random addresses", "[network]") {
  CAPTURE(test::kSeed);
  Generator generator;
  for (int i = 0; i < 2000; ++i) {
    const Written number = generator.address();
    for (const std::string& text : spellings(number)) {
      CAPTURE(i, text);
      const auto address = IpAddress::parse(text);
      REQUIRE(address.has_value());
      REQUIRE(address->bits() == number.bits);
      REQUIRE(address->is_ipv4() == (number.bits == 32));
      REQUIRE(number_of(*address) == number);
      REQUIRE(std::string(address->bytes()) == bytes_of(number));
      REQUIRE(address->text() == text_of(number));
      REQUIRE(IpAddress::parse(address->text()) == address);
    }
  }
}

TEST_CASE("IpAddress::parse: an address of NAT64 is the IPv4 address in it", "[network]") {
  CHECK(address("64:ff9b::192.0.2.1") == address("192.0.2.1"));
  CHECK(address("64:FF9B::c000:201%eth0").text() == "192.0.2.1");
  CHECK(Network::parse("64:ff9b::192.0.2.77/120") == Network::parse("192.0.2.0/24"));
  CHECK(Network::parse("64:ff9b::/96") == Network::parse("0.0.0.0/0"));
  CHECK_FALSE(Network::parse("64:ff9b::192.0.2.0/24"));
  for (const char* const text : {"64:ff9b:1::192.0.2.1", "64:ff9b::1:192.0.2.1", "64:ff9a::192.0.2.1",
                                 "::64:ff9b:192.0.2.1", "2001:db8:64:ff9b::192.0.2.1"}) {
    CAPTURE(text);
    CHECK(address(text).bits() == 128);
  }
}

TEST_CASE("IpAddress::is_private: nobody's on the internet", "[network]") {
  for (const char* const text :
       {"10.0.0.1", "172.17.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "169.254.1.1",
        "fd00::1", "fe80::1", "::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1"}) {
    CAPTURE(text);
    CHECK(address(text).is_private());
  }
  for (const char* const text : {"192.0.2.1", "11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1",
                                 "100.128.0.1", "2001:db8::1", "::2", "fec0::1"}) {
    CAPTURE(text);
    CHECK_FALSE(address(text).is_private());
  }
}

TEST_CASE("IpAddress::parse: an IPv4-mapped address is the IPv4 address", "[network]") {
  CHECK(address("::ffff:192.0.2.1") == address("192.0.2.1"));
  CHECK(address("::FFFF:c000:201") == address("192.0.2.1"));
  CHECK(address("0:0:0:0:0:ffff:192.0.2.1") == address("192.0.2.1"));
  CHECK(address("::ffff:192.0.2.1").bits() == 32);
  CHECK(address("::ffff:192.0.2.1").text() == "192.0.2.1");
  CHECK(address("::ffff:192.0.2.1%eth0") == address("192.0.2.1"));

  // These only look like it.
  for (const char* const text :
       {"::192.0.2.1", "::ffff:0:192.0.2.1", "::fffe:192.0.2.1", "1::ffff:192.0.2.1", "::1:ffff:c000:201"}) {
    CAPTURE(text);
    CHECK(address(text).bits() == 128);
  }

  CAPTURE(test::kSeed);
  Generator generator;
  for (int i = 0; i < 500; ++i) {
    const Written quad{generator.address().value & 0xffffffffU, 32};
    const Written mapped{Bits{0xffff} << 32U | quad.value, 128};
    for (const std::string& text : spellings(mapped)) {
      CAPTURE(i, text);
      REQUIRE(number_of(address(text)) == quad);
      REQUIRE(address(text) == address(text_of(quad)));
    }
  }
}

TEST_CASE("IpAddress::parse: a zone is dropped", "[network]") {
  CHECK(address("fe80::1%eth0") == address("fe80::1"));
  CHECK(address("fe80::1%2") == address("fe80::1"));
  CHECK(address(
            "fe80:0000:0000:0000:0123:4567:89ab:cdef%a-rather-long-name-of-an-interface-which-no-host-has") ==
        address("fe80::123:4567:89ab:cdef"));
  CHECK(address("::1%a%b") == address("::1"));
  CHECK_FALSE(IpAddress::parse("%eth0").has_value());
  CHECK_FALSE(IpAddress::parse("192.0.2.1%eth0").has_value());
}

TEST_CASE("IpAddress::parse: the longest spelling there is", "[network]") {
  CHECK(address("2001:0db8:0000:0000:0000:ffff:255.255.255.255").text() == "2001:db8::ffff:ffff:ffff");
  CHECK_FALSE(IpAddress::parse("2001:0db8:0000:0000:0000:ffff:255.255.255.2555").has_value());
}

TEST_CASE("IpAddress and Network: malformed addresses are refused", "[network]") {
  const std::string text =
      GENERATE(as<std::string>(), "", " ", "\t", "1", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.5", "1.2.3.4.",
               ".1.2.3.4", "1..2.3", "1.2.3.-4", "1.2.3.+4", "256.1.1.1", "1.1.1.256", "1.1.1.1000",
               "0x7f.0.0.1", "0x7f000001", "2130706433", "1.2.3.a", "1,2,3,4", " 1.2.3.4", "1.2.3.4 ",
               "1.2.3.4\n", "1.2.3.4\r", "1.2. 3.4", "1.2.3.4:25", "localhost", "example.org", "*", "1.2.3.*",
               ":", ":::", "1::2::3", "12345::", "::12345", "g::", "::g", "1:2:3:4:5:6:7",
               "1:2:3:4:5:6:7:8:9", ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:8::9", "::1 ", " ::1",
               "::1\n", "[::1]", "::ffff:1.2.3", "::ffff:1.2.3.4.5", "::ffff:256.1.1.1", "::1.2.3.4:1",
               "1.2.3.4::", "::-1", "::+1", "::0x1", "\xff", "\xd9\xa1.2.3.4", "\0"s, "1.2.3.4\0"s,
               "\0001.2.3.4"s, "1.2.3\0.4"s, "::1\0"s, "::\0001"s, std::string(64 * 1024, '1'),
               std::string(64 * 1024, ':'), std::string(64 * 1024, '.'), std::string(64 * 1024, '\0'));
  CAPTURE(text);
  CHECK_FALSE(IpAddress::parse(text).has_value());
  CHECK_FALSE(Network::parse(text).has_value());
  CHECK_FALSE(Network::parse(text + "/24").has_value());
}

TEST_CASE("IpAddress::parse: leading zeros are what inet_pton says they are", "[network]") {
  for (const char* const text :
       {"01.2.3.4", "1.2.3.04", "1.2.3.004", "1.2.3.0", "00.0.0.0", "010.010.010.010"}) {
    CAPTURE(text);
    CHECK(IpAddress::parse(text).has_value() == inet_pton_takes(AF_INET, text));
  }
  for (const char* const text : {"0001::", "00001::", "::0000", "::ffff:01.2.3.4"}) {
    CAPTURE(text);
    CHECK(IpAddress::parse(text).has_value() == inet_pton_takes(AF_INET6, text));
  }
}

TEST_CASE("IpAddress::parse: takes what inet_pton takes, of random text", "[network]") {
  CAPTURE(test::kSeed);
  Generator generator;
  constexpr std::string_view kPieces = "0123459afF::::....  x";
  int taken = 0;
  for (int i = 0; i < 50000; ++i) {
    std::string text = generator.below(2) == 0 ? text_of(generator.address()) : "";
    for (unsigned changes = generator.below(4); changes > 0; --changes) {
      const char piece = kPieces[generator.below(static_cast<unsigned>(kPieces.size()))];
      const unsigned place = generator.below(static_cast<unsigned>(text.size()) + 1);
      if (place < text.size() && generator.below(2) == 0) {
        text[place] = piece;
      } else {
        text.insert(place, 1, piece);
      }
    }
    const auto address = IpAddress::parse(text);
    CAPTURE(i, text);
    REQUIRE(address.has_value() == (inet_pton_takes(AF_INET, text) || inet_pton_takes(AF_INET6, text)));
    taken += address ? 1 : 0;
  }
  CHECK(taken > 5000);
  CHECK(taken < 45000);
}

TEST_CASE("IpAddress: the same bytes in another family are another address", "[network]") {
  CHECK(address("0.0.0.0") != address("::"));
  CHECK(address("192.0.2.1") != address("c000:201::"));
  CHECK(address("192.0.2.1") != address("192.0.2.2"));
  CHECK(address("2001:db8::1") == address("2001:DB8:0:0:0:0:0:1"));
}

TEST_CASE("Network::of: first, last and members at every prefix length", "[network]") {
  CAPTURE(test::kSeed);
  Generator generator;
  for (int i = 0; i < 150; ++i) {
    const Written number = generator.address();
    if (is_mapped(number)) continue;
    const IpAddress inside = address(text_of(number));
    for (unsigned prefix = 0; prefix <= number.bits; ++prefix) {
      CAPTURE(i, text_of(number), prefix);
      const Network network = Network::of(inside, prefix);
      const Written first = first_of(number, prefix);
      const Written last = last_of(number, prefix);
      REQUIRE(network.prefix() == prefix);
      REQUIRE(number_of(network.first()) == first);
      REQUIRE(number_of(network.last()) == last);
      REQUIRE(network.contains(inside));
      REQUIRE(network.contains(network.first()));
      REQUIRE(network.contains(network.last()));

      for (const Written& other :
           {generator.near(number), generator.near(first), generator.near(last), generator.address()}) {
        if (is_mapped(other)) continue;
        CAPTURE(text_of(other));
        REQUIRE(network.contains(address(text_of(other))) == reference_contains(number, prefix, other));
      }
    }
  }
}

TEST_CASE("Network::of: a prefix beyond the address is the address", "[network]") {
  for (const unsigned prefix : {33U, 64U, 128U, 129U, 4294967295U}) {
    CAPTURE(prefix);
    CHECK(Network::of(address("192.0.2.1"), prefix) == network("192.0.2.1/32"));
  }
  CHECK(Network::of(address("2001:db8::1"), 129) == network("2001:db8::1/128"));
  CHECK(Network::of(address("2001:db8::1"), 4294967295U) == network("2001:db8::1/128"));
}

TEST_CASE("Network::contains: never an address of the other family", "[network]") {
  CHECK_FALSE(network("0.0.0.0/0").contains(address("::1")));
  CHECK_FALSE(network("::/0").contains(address("192.0.2.1")));
  CHECK_FALSE(network("::/0").contains(address("::ffff:192.0.2.1")));
  CHECK(network("192.0.2.0/24").contains(address("::ffff:192.0.2.1")));
}

TEST_CASE("Network::parse: random networks, and their text read again", "[network]") {
  CAPTURE(test::kSeed);
  Generator generator;
  for (int i = 0; i < 3000; ++i) {
    const Written number = generator.address();
    if (is_mapped(number)) continue;
    const unsigned prefix = generator.below(number.bits + 1);
    for (const std::string& spelling : spellings(number)) {
      const std::string text = spelling + '/' + std::to_string(prefix);
      CAPTURE(i, text);
      const auto network = Network::parse(text);
      REQUIRE(network.has_value());
      REQUIRE(network->prefix() == prefix);
      REQUIRE(number_of(network->first()) == first_of(number, prefix));
      REQUIRE(number_of(network->last()) == last_of(number, prefix));
      REQUIRE(network->text() == text_of(first_of(number, prefix)) + '/' + std::to_string(prefix));
      if (!is_mapped(first_of(number, prefix))) REQUIRE(Network::parse(network->text()) == network);
    }
  }
}

TEST_CASE("Network::parse: an address alone is a network of one", "[network]") {
  CHECK(network("192.0.2.1") == network("192.0.2.1/32"));
  CHECK(network("2001:db8::1") == network("2001:db8::1/128"));
  CHECK(network("::ffff:192.0.2.1") == network("192.0.2.1/32"));
  CHECK(network("192.0.2.1").text() == "192.0.2.1/32");
  CHECK(network("192.0.2.1").last() == address("192.0.2.1"));
}

TEST_CASE("Network::parse: bits after the prefix are cleared", "[network]") {
  CHECK(network("192.0.2.255/24").text() == "192.0.2.0/24");
  CHECK(network("192.0.2.255/25").text() == "192.0.2.128/25");
  CHECK(network("255.255.255.255/0").text() == "0.0.0.0/0");
  CHECK(network("2001:db8:ffff:ffff:ffff::1/33").text() == "2001:db8:8000::/33");
  CHECK(network("ffff::/0").text() == "::/0");
}

TEST_CASE("Network::parse: a network with a zone", "[network]") {
  CHECK(network("fe80::1%eth0/64") == network("fe80::/64"));
  CHECK(network("fe80::1%eth0") == network("fe80::1/128"));
  CHECK_FALSE(Network::parse("fe80::1/64%eth0").has_value());
}

TEST_CASE("Network::parse: a mapped network is the IPv4 network", "[network]") {
  for (unsigned prefix = 96; prefix <= 128; ++prefix) {
    CAPTURE(prefix);
    const std::string behind_96 = '/' + std::to_string(prefix - 96);
    CHECK(network("::ffff:192.0.2.201/" + std::to_string(prefix)) == network("192.0.2.201" + behind_96));
    CHECK(network("::ffff:c000:2c9/" + std::to_string(prefix)) == network("192.0.2.201" + behind_96));
  }
  for (unsigned prefix = 0; prefix < 96; ++prefix) {
    CAPTURE(prefix);
    CHECK_FALSE(Network::parse("::ffff:192.0.2.201/" + std::to_string(prefix)).has_value());
  }
  CHECK_FALSE(Network::parse("::ffff:192.0.2.201/129").has_value());
  CHECK_FALSE(Network::parse("::ffff:0:0/95").has_value());
}

TEST_CASE("Network::parse: malformed prefix lengths are refused", "[network]") {
  const std::string suffix = GENERATE(
      as<std::string>(), "/", "//", "//24", "/24/", "/24/24", "/-1", "/-0", "/+1", "/1x", "/x1", "/x", "/0x8",
      "/1.0", "/ 24", "/24 ", " /24", "/24\n", "/24\r", "/\xd9\xa1", "/129", "/255", "/256", "/4294967295",
      "/4294967296", "/4294967320", "/18446744073709551640", "/99999999999999999999999", "/255.255.255.0",
      "/24#", "\\24", "%24", "/\0"s, "/24\0"s, "/2\0004"s, "\0/24"s);
  CAPTURE(suffix);
  CHECK_FALSE(Network::parse("192.0.2.0" + suffix).has_value());
  if (suffix != "%24") CHECK_FALSE(Network::parse("2001:db8::" + suffix).has_value());  // a zone
}

TEST_CASE("Network::parse: prefix lengths at their bounds", "[network]") {
  CHECK(Network::parse("192.0.2.0/0").has_value());
  CHECK(Network::parse("192.0.2.0/32").has_value());
  CHECK_FALSE(Network::parse("192.0.2.0/33").has_value());
  CHECK_FALSE(Network::parse("192.0.2.0/128").has_value());
  CHECK(Network::parse("::/0").has_value());
  CHECK(Network::parse("::/128").has_value());
  CHECK_FALSE(Network::parse("::/129").has_value());
}

TEST_CASE("Network::parse: text without an address is refused", "[network]") {
  for (const char* const text : {"/", "//", "/24", "/24/", "24", "/192.0.2.0"}) {
    CAPTURE(text);
    CHECK_FALSE(Network::parse(text).has_value());
  }
}

TEST_CASE("IpAddress::parse: a network is not an address", "[network]") {
  CHECK_FALSE(IpAddress::parse("192.0.2.0/24").has_value());
  CHECK_FALSE(IpAddress::parse("192.0.2.0/32").has_value());
  CHECK_FALSE(IpAddress::parse("::/128").has_value());
}

TEST_CASE("Network: equal when address and prefix are", "[network]") {
  CHECK(network("192.0.2.0/24") != network("192.0.2.0/25"));
  CHECK(network("192.0.2.0/24") != network("192.0.3.0/24"));
  CHECK(network("0.0.0.0/0") != network("::/0"));
}

// first_addresses_around

std::vector<std::string> around(const IpAddress& client) {
  std::vector<std::string> texts;
  for (const IpAddress& first : first_addresses_around(client)) texts.push_back(first.text());
  return texts;
}

TEST_CASE("first_addresses_around: the most specific network's first", "[network]") {
  using Texts = std::vector<std::string>;
  CHECK(around(address("192.0.2.1")) == Texts{"192.0.2.1", "192.0.2.0", "192.0.0.0", "128.0.0.0", "0.0.0.0"});
  CHECK(around(address("0.0.0.0")) == Texts{"0.0.0.0"});
  CHECK(around(address("2001:db8::1")) ==
        Texts{"2001:db8::1", "2001:db8::", "2001:db0::", "2001:da0::", "2001:d80::", "2001:d00::",
              "2001:c00::", "2001:800::", "2001::", "2000::", "::"});
  CHECK(around(address("255.255.255.255")).size() == 33);
  CHECK(around(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")).size() == 129);
}

TEST_CASE("first_addresses_around: the set and order that arithmetic gives", "[network]") {
  CAPTURE(test::kSeed);
  Generator generator;
  for (int i = 0; i < 500; ++i) {
    const Written number = generator.address();
    if (is_mapped(number)) continue;
    std::vector<std::string> expected;
    for (unsigned prefix = number.bits + 1; prefix-- > 0;) {
      const std::string first = bytes_of(first_of(number, prefix));
      if (std::ranges::find(expected, first) == expected.end()) expected.push_back(first);
    }
    std::vector<std::string> found;
    for (const IpAddress& first : first_addresses_around(address(text_of(number))))
      found.emplace_back(first.bytes());
    CAPTURE(i, text_of(number));
    REQUIRE(found == expected);
  }
}

// What the stores' SQL relies on: a network contains the client if and only if it begins at one of these
// addresses and ends at the client's or behind.
TEST_CASE("first_addresses_around: answers which networks contain a client", "[network]") {
  CAPTURE(test::kSeed);
  Generator generator;
  int members = 0;
  int strangers = 0;
  for (int i = 0; i < 300; ++i) {
    const Written number = generator.address();
    if (is_mapped(number)) continue;
    const IpAddress client = address(text_of(number));
    const std::vector<IpAddress> firsts = first_addresses_around(client);
    for (int j = 0; j < 50; ++j) {
      const Written other = generator.below(8) == 0 ? generator.address() : generator.near(number);
      if (is_mapped(other)) continue;
      const Network network = Network::of(address(text_of(other)), generator.below(other.bits + 1));
      const bool expected = reference_contains(other, network.prefix(), number);
      const bool begins_there = std::ranges::find(firsts, network.first()) != firsts.end();
      CAPTURE(i, j, client.text(), network.text());
      REQUIRE((begins_there && network.last().bytes() >= client.bytes()) == expected);
      REQUIRE(network.contains(client) == expected);
      ++(expected ? members : strangers);
    }
  }
  CHECK(members > 1000);
  CHECK(strangers > 1000);
}

TEST_CASE("IpAddress::is_eui64: ff fe in the middle of an IPv6 address's second half", "[network]") {
  for (const char* const text : {"2001:db8::211:22ff:fe33:4455", "fe80::ff:fe00:0", "::ff:fe00:0%eth0"}) {
    CAPTURE(text);
    CHECK(address(text).is_eui64());
  }
  for (const char* const text :
       {"2001:db8::211:22ff:fd33:4455", "2001:db8::211:22fe:fe33:4455", "2001:db8::211:ff22:fe33:4455",
        "2001:db8::211:22ff:33fe:4455", "2001:db8:ff:fe00::1", "2001:db8::1", "::", "255.254.255.254",
        "::ffff:254.255.254.255"}) {
    CAPTURE(text);
    CHECK_FALSE(address(text).is_eui64());
  }
}

TEST_CASE("networks_between: the fewest networks that are the whole range", "[network]") {
  struct Case {
    std::string_view first, last, networks;
  };
  for (const Case& expected : {
           Case{"192.0.2.0", "192.0.2.255", "192.0.2.0/24"},
           Case{"0.0.0.0", "255.255.255.255", "0.0.0.0/0"},
           Case{"192.0.2.1", "192.0.2.1", "192.0.2.1/32"},
           Case{"192.0.2.255", "192.0.3.0", "192.0.2.255/32 192.0.3.0/32"},
           Case{"192.0.2.1", "192.0.2.6", "192.0.2.1/32 192.0.2.2/31 192.0.2.4/31 192.0.2.6/32"},
           Case{"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"},
           Case{"2001:db8::1", "2001:db8::3", "2001:db8::1/128 2001:db8::2/127"},
           Case{"192.0.2.2", "192.0.2.1", ""},
           Case{"192.0.2.2", "2001:db8::1", ""},
       }) {
    CAPTURE(expected.first, expected.last);
    std::string networks;
    for (const Network& network :
         networks_between(*IpAddress::parse(expected.first), *IpAddress::parse(expected.last)))
      networks.append(networks.empty() ? "" : " ").append(network.text());
    CHECK(networks == expected.networks);
  }
}

}  // namespace
}  // namespace greylisting
