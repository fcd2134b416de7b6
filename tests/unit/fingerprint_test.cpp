#include "mail/fingerprint.h"

#include <string>

#include "tests/support/catch.h"
#include "text/printable.h"

namespace greylisting {
namespace {

std::string digits(const Fingerprint& fingerprint) { return hexadecimal(bytes(fingerprint)); }

TEST_CASE("Fingerprinter: SHA-256 without a secret", "[fingerprint]") {
  // printf '' | sha256sum | cut -c1-32; printf abc | sha256sum | cut -c1-32
  CHECK(digits(Fingerprinter().of("")) == "e3b0c44298fc1c149afbf4c8996fb924");
  CHECK(digits(Fingerprinter().of("abc")) == "ba7816bf8f01cfea414140de5dae2223");
}

TEST_CASE("Fingerprinter: HMAC-SHA-256 with one", "[fingerprint]") {
  // RFC 4231, test cases 1, 2 and 6, which has a secret that is longer than a block.
  CHECK(digits(Fingerprinter(std::string(20, '\x0b')).of("Hi There")) == "b0344c61d8db38535ca8afceaf0bf12b");
  CHECK(digits(Fingerprinter("Jefe").of("what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c7");
  CHECK(digits(Fingerprinter(std::string(131, '\xaa'))
                   .of("Test Using Larger Than Block-Size Key - Hash Key First")) ==
        "60e431591ee0b67f0d8a26aacbf5b77f");
}

TEST_CASE("Fingerprinter::stored: addresses as they are, or hashed part by part", "[fingerprint]") {
  const Address alice = Address::sender("alice@example.com");
  const Address bob = Address::sender("bob@example.com");
  CHECK(Fingerprinter().stored(alice) == "alice@example.com");
  CHECK(Fingerprinter().stored(Address::sender("a b@example.com")) == "a\\x20b@example.com");
  CHECK(Fingerprinter().stored_domain("example.com") == "example.com");

  const Fingerprinter secret("a secret of twenty two");
  const std::string hidden = secret.stored(alice);
  REQUIRE(hidden.size() == 33);
  CHECK(hidden[16] == '@');
  CHECK(hidden.substr(17) == secret.stored_domain("example.com"));
  CHECK(secret.stored(bob).substr(17) == hidden.substr(17));
  CHECK(secret.stored(bob) != hidden);
  CHECK(secret.stored(Address::sender("alice@example.net")).substr(0, 16) != hidden.substr(0, 16));
  CHECK(Fingerprinter("another secret of twenty").stored(alice) != hidden);
  CHECK(secret.stored(Address::sender("")).empty());
  CHECK(secret.stored(Address::recipient("postmaster")).size() == 16);
}

}  // namespace
}  // namespace greylisting
