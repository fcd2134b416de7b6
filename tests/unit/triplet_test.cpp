#include "mail/triplet.h"

#include <array>
#include <cstdio>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

Triplet triplet(std::string_view client, unsigned prefix, std::string_view sender,
                std::string_view recipient) {
  const auto address = IpAddress::parse(client);
  REQUIRE(address.has_value());
  return {*address, Network::of(*address, prefix), Address::sender(sender), Address::recipient(recipient)};
}

std::string key_digits(const Fingerprint& key) {
  std::string text;
  for (const char c : key) {
    std::array<char, 3> byte{};
    std::snprintf(byte.data(), byte.size(), "%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += byte.data();
  }
  return text;
}

// Each by the command above it, of coreutils and a shell.
TEST_CASE("Triplet::key: fixed keys, which the databases hold", "[triplet]") {
  // printf '4\030\300\000\002\000\000alice@example.com\000bob@example.org' | sha256sum | cut -c1-32
  CHECK(key_digits(triplet("192.0.2.1", 24, "alice@example.com", "bob@example.org").key()) ==
        "8d44f356fa72a01bc45d4461a62e508c");

  // The null sender.
  // printf '4\040\300\000\002\001\000\000bob@example.org' | sha256sum | cut -c1-32
  CHECK(key_digits(triplet("192.0.2.1", 32, "", "bob@example.org").key()) ==
        "54091888f9f8f972aabf880ac9b2131a");

  // printf
  // '6\100\040\001\015\270\000\001\000\002\000\000\000\000\000\000\000\000\000alice@example.com\000bob@example.org'
  // |
  //   sha256sum | cut -c1-32
  CHECK(key_digits(triplet("2001:db8:1:2:3:4:5:6", 64, "alice@example.com", "bob@example.org").key()) ==
        "dd5f935e0775625a97bb69f84e482053");

  // A prefix length of 128, a sender that is not ASCII.
  // printf
  // '6\200\040\001\015\270\000\001\000\002\000\000\000\000\000\000\000\001\000j\303\204ger@example.com\000bob@example.org'
  // |
  //   sha256sum | cut -c1-32
  CHECK(key_digits(triplet("2001:db8:1:2::1", 128, "j\xc3\x84ger@example.com", "bob@example.org").key()) ==
        "434740f05efdffe6b3b8f7b1a9a08882");

  // Nothing but zeros.
  // printf '4\000\000\000\000\000\000\000' | sha256sum | cut -c1-32
  CHECK(key_digits(triplet("192.0.2.1", 0, "", "").key()) == "dcbe298920b50037fcfb8dda1e57ad49");
}

TEST_CASE("Triplet::key: the same for every spelling of one triplet", "[triplet]") {
  const Fingerprint key = triplet("192.0.2.1", 24, "alice@example.com", "bob@example.org").key();
  CHECK(triplet("192.0.2.254", 24, "alice@example.com", "bob@example.org").key() ==
        key);  // another host of the network
  CHECK(triplet("::ffff:192.0.2.1", 24, "alice@example.com", "bob@example.org").key() == key);
  CHECK(triplet("192.0.2.1", 24, "Alice@EXAMPLE.com", "Bob@Example.ORG").key() == key);
  CHECK(triplet("192.0.2.1", 24, "prvs=0123abcdef=alice@example.com", "bob@example.org").key() == key);
  CHECK(triplet("192.0.2.1", 24, "prvs=alice/0123abcdef@example.com", "bob@example.org").key() == key);
}

TEST_CASE("Triplet::key: another one for any part that differs", "[triplet]") {
  const std::string sender = "alice@example.com";
  const std::string recipient = "bob@example.org";
  const std::array<Triplet, 14> triplets{
      triplet("192.0.2.1", 24, sender, recipient),
      triplet("192.0.3.1", 24, sender, recipient),
      triplet("192.0.2.0", 25, sender, recipient),  // the same first address
      triplet("192.0.2.0", 32, sender, recipient),
      triplet("192.0.2.1", 24, "alice@example.net", recipient),
      triplet("192.0.2.1", 24, "", recipient),
      triplet("192.0.2.1", 24, sender, "bob@example.net"),
      triplet("192.0.2.1", 24, sender, ""),
      triplet("192.0.2.1", 24, recipient, sender),
      triplet("192.0.2.1", 24, sender, "prvs=0123abcdef=" + recipient),
      triplet("2001:db8:1:2::1", 64, sender, recipient),
      triplet("2001:db8:1:3::1", 64, sender, recipient),
      triplet("2001:db8:1:2::", 65, sender, recipient),
      triplet("c000:200::", 24, sender, recipient),  // the bytes of 192.0.2.0, with zeros behind
  };
  std::set<Fingerprint> keys;
  for (const Triplet& one : triplets) keys.insert(one.key());
  CHECK(keys.size() == triplets.size());
}

TEST_CASE("Triplet::key: another one when a byte moves from one part to the next", "[triplet]") {
  CHECK(triplet("192.0.2.1", 24, "ab", "cd").key() != triplet("192.0.2.1", 24, "abc", "d").key());
  CHECK(triplet("192.0.2.1", 24, "ab", "cd").key() != triplet("192.0.2.1", 24, "a", "bcd").key());
  CHECK(triplet("192.0.2.1", 24, "abcd", "").key() != triplet("192.0.2.1", 24, "", "abcd").key());

  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 500; ++i) {
    std::string both(2 + random() % 20, '\0');
    for (char& c : both) c = static_cast<char>(1 + random() % 255);
    std::set<Fingerprint> keys;
    for (std::size_t cut = 0; cut <= both.size(); ++cut) {
      // As recipients are: no tag to lose.
      const auto address = IpAddress::parse("2001:db8::1");
      const Triplet one{*address, Network::of(*address, 64), Address::recipient(both.substr(0, cut)),
                        Address::recipient(both.substr(cut))};
      keys.insert(one.key());
    }
    CAPTURE(i, both);
    REQUIRE(keys.size() == both.size() + 1);
  }
}

TEST_CASE("Triplet::key: is of the network, not of the client", "[triplet]") {
  Triplet one = triplet("192.0.2.1", 24, "alice@example.com", "bob@example.org");
  const Fingerprint key = one.key();
  one.client = *IpAddress::parse("2001:db8::1");
  CHECK(one.key() == key);
}

TEST_CASE("Triplet::key: match says what of it counts", "[triplet]") {
  struct Case {
    Match match;
    bool client, sender, recipient;  // whether another one makes another key
  };
  for (const Case& expected :
       {Case{Match::triplet, true, true, true}, Case{Match::smart, true, true, true},
        Case{Match::network, true, false, false}, Case{Match::sender, false, true, false},
        Case{Match::envelope, false, true, true}}) {
    CAPTURE(static_cast<int>(expected.match));
    const auto key = [&](std::string_view client, std::string_view sender, std::string_view recipient) {
      Triplet one = triplet(client, 24, sender, recipient);
      one.match = expected.match;
      return one.key();
    };
    const Fingerprint first = key("192.0.2.1", "a@example.com", "b@example.org");
    CHECK((key("198.51.100.1", "a@example.com", "b@example.org") != first) == expected.client);
    CHECK((key("192.0.2.1", "c@example.com", "b@example.org") != first) == expected.sender);
    CHECK((key("192.0.2.1", "a@example.com", "c@example.org") != first) == expected.recipient);
  }
}

TEST_CASE("Triplet::key: what does not count is not the same as what is empty", "[triplet]") {
  Triplet by_network = triplet("192.0.2.1", 24, "a@example.com", "b@example.org");
  by_network.match = Match::network;
  CHECK(by_network.key() != triplet("192.0.2.1", 24, "", "").key());
  Triplet with_helo = triplet("192.0.2.1", 24, "a", "b");
  with_helo.helo = "c";
  CHECK(with_helo.key() != triplet("192.0.2.1", 24, "a", "b").key());
  CHECK(with_helo.key() != triplet("192.0.2.1", 24, "a", "bc").key());
}

TEST_CASE("Triplet::pool_key: the same for every client of the pool, and not for another domain",
          "[triplet]") {
  const auto pooled = [](std::string_view client, std::optional<std::string> pool,
                         Match match = Match::triplet) {
    Triplet one = triplet(client, 24, "a@example.com", "b@example.org");
    one.pool = std::move(pool);
    one.match = match;
    return one;
  };
  const auto key = pooled("192.0.2.1", "example.com").pool_key();
  REQUIRE(key);
  CHECK(pooled("2001:db8::1", "example.com").pool_key() == key);
  CHECK(pooled("192.0.2.1", "example.net").pool_key() != key);
  CHECK(*key != pooled("192.0.2.1", "example.com").key());
  CHECK(pooled("192.0.2.1", "example.com", Match::network).pool_key().has_value());
  CHECK_FALSE(pooled("192.0.2.1", std::nullopt).pool_key());
  CHECK_FALSE(pooled("192.0.2.1", "example.com", Match::sender).pool_key());
  CHECK_FALSE(pooled("192.0.2.1", "example.com", Match::envelope).pool_key());
}

TEST_CASE("client identities: named for people, and each of its own key", "[triplet]") {
  const Fingerprinter open;
  Triplet one = triplet("192.0.2.1", 24, "a@example.com", "b@example.org");
  one.pool = "example.com";
  CHECK(client_identity(one, open).name == "192.0.2.0/24");
  CHECK(pool_identity(one, open)->name == "example.com");
  CHECK(sender_identity(one, open)->name == "a@example.com on 192.0.2.0/24");
  CHECK(group_identity(one, open)->name == "example.com on 192.0.2.0/24");
  const std::set<Fingerprint> keys{client_identity(one, open).key,
                                   pool_identity(one, open)->key,
                                   sender_identity(one, open)->key,
                                   group_identity(one, open)->key,
                                   one.key(),
                                   *one.pool_key()};
  CHECK(keys.size() == 6);

  const Triplet null_sender = triplet("192.0.2.1", 24, "", "b@example.org");
  CHECK_FALSE(pool_identity(null_sender, open));
  CHECK_FALSE(sender_identity(null_sender, open));
  CHECK_FALSE(group_identity(null_sender, open));
}

}  // namespace
}  // namespace greylisting
