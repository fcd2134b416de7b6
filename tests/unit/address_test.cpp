#include "mail/address.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "tests/support/catch.h"
#include "tests/support/seed.h"

namespace greylisting {
namespace {

// What becomes of each byte, written down rather than computed: 26 letters change, 230 bytes do not.
class CaseTable {
 public:
  CaseTable() {
    constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
    for (unsigned value = 0; value < 256; ++value) lower_[value] = upper_[value] = static_cast<char>(value);
    for (std::size_t i = 0; i < kUpper.size(); ++i) {
      lower_[index(kUpper[i])] = kLower[i];
      upper_[index(kLower[i])] = kUpper[i];
    }
  }
  std::string lower(std::string text) const { return map(std::move(text), lower_); }
  std::string upper(std::string text) const { return map(std::move(text), upper_); }

 private:
  static std::size_t index(char c) { return static_cast<unsigned char>(c); }
  static std::string map(std::string text, const std::array<char, 256>& table) {
    for (char& c : text) c = table[index(c)];
    return text;
  }
  std::array<char, 256> lower_{};
  std::array<char, 256> upper_{};
};

const CaseTable kCase;

// Addresses as a hostile client would make them up: the pieces that mean something, in any order, and any
// byte that can come through the environment.
std::string random_address(std::mt19937& random) {
  static const std::array<std::string, 16> kPieces{
      "prvs=", "PRVS=", "Prvs=", "=",  "/",    "@", "@Example.ORG", "user",
      "User",  "0123",  "ABCD",  "\"", "\\\"", " ", "\xc3\x84",     "+list=a.org"};
  std::string address = random() % 2 == 0 ? "prvs=" : "";
  for (std::size_t count = random() % 8; count > 0; --count) {
    const auto choice = random() % (kPieces.size() + 2);
    if (choice < kPieces.size()) {
      address += kPieces[choice];
    } else {
      const auto byte = static_cast<char>(random() & 0xffU);
      if (byte != '\0' && byte != '\n') address += byte;
    }
  }
  return address;
}

TEST_CASE("Address: of all bytes only the upper-case ASCII letters change", "[address]") {
  for (unsigned value = 1; value < 256; ++value) {
    const std::string raw = std::string("a") + static_cast<char>(value) + "@b.org";
    CAPTURE(value);
    CHECK(Address::sender(raw).text() == kCase.lower(raw));
    CHECK(Address::recipient(raw).text() == kCase.lower(raw));
  }
}

TEST_CASE("Address: normal forms", "[address]") {
  struct Row {
    std::string raw, normal_form, domain;
  };
  const auto row = GENERATE(values<Row>({
      {"", "", ""},  // the null sender
      {"alice@example.org", "alice@example.org", "example.org"},
      {"Alice@EXAMPLE.org", "alice@example.org", "example.org"},
      {"Postmaster", "postmaster", "postmaster"},  // no '@': qmail adds control/me later
      {"@", "@", ""},
      {"@Example.org", "@example.org", "example.org"},
      {"alice@", "alice@", ""},
      {"a@B@Example.org", "a@b@example.org", "example.org"},
      {"we Ird\"x@B.org", "we ird\"x@b.org", "b.org"},
      // With the quotes, as by Exim, and without them, as by qmail-smtpd and Postfix.
      {"\"A@b\"@C.org", "a@b@c.org", "c.org"},
      {"\"John Doe\"@b.org", "john doe@b.org", "b.org"},
      {R"("a\"b\\c"@b.org)", R"(a"b\c@b.org)", "b.org"},
      {R"("\"x\""@b.org)", "x@b.org", "b.org"},
      // These are no quoted string, or would be a source route.
      {R"("a"b@b.org)", R"("a"b@b.org)", "b.org"},
      {R"("a\"@b.org)", R"("a\"@b.org)", "b.org"},
      {R"(""@b.org)", R"(""@b.org)", "b.org"},
      {R"("@b.org)", R"("@b.org)", "b.org"},
      {R"("@a:b"@c.org)", R"("@a:b"@c.org)", "c.org"},
      {"alice @example.org ", "alice @example.org ", "example.org "},  // blanks are part of it
      {"J\xc3\x84GER@b.org", "j\xc3\x84ger@b.org", "b.org"},           // UTF-8 is not case-folded
      {"x@B\xdc\x63her.de", "x@b\xdc\x63her.de", "b\xdc\x63her.de"},
      // A source route is the relays' business.
      {"@relay.example,@other.example:alice@example.org", "alice@example.org", "example.org"},
      {"@a.example:@b.example:alice@example.org", "alice@example.org", "example.org"},
      {"@relay.example:alice", "@relay.example:alice", "relay.example:alice"},
      {"a:b@example.org", "a:b@example.org", "example.org"},
      // Dots at the end say that the name is complete.
      {"alice@example.org.", "alice@example.org", "example.org"},
      {"alice@Example.org...", "alice@example.org", "example.org"},
      {"alice.@example.org", "alice.@example.org", "example.org"},
      {"alice@.", "alice@", ""},
      // A domain in Unicode and in its ASCII form is one domain; case, width and composition are folded.
      {"x@b\xc3\xbc\x63her.example", "x@xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"x@B\xc3\x9c\x43HER.example", "x@xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"x@bu\xcc\x88\x63her.example", "x@xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"x@XN--Bcher-KVA.example", "x@xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"x@b\xc3\xbc\x63her\xe3\x80\x82\x65xample.", "x@xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"x@\xef\xbd\x85xample.org", "x@example.org", "example.org"},  // fullwidth e
      {"x@\xd0\xb0pple.example", "x@xn--pple-43d.example",
       "xn--pple-43d.example"},  // Cyrillic a is no Latin a
      // In a local part look-alikes are different mailboxes.
      {"\xef\xbd\x81lice@example.org", "\xef\xbd\x81lice@example.org", "example.org"},
      {"\xd0\xb0lice@example.org", "\xd0\xb0lice@example.org", "example.org"},
      // No ASCII form: the bytes stay. A fullwidth @ or blank would become the character itself.
      {"x@a\xef\xbc\xa0\x62.org", "x@a\xef\xbc\xa0\x62.org", "a\xef\xbc\xa0\x62.org"},
      {"x@a\xe3\x80\x80\x62.org", "x@a\xe3\x80\x80\x62.org", "a\xe3\x80\x80\x62.org"},
      {"x@\xc3\xbc..", "x@xn--tda", "xn--tda"},
      {"x@\xff\xfe.example", "x@\xff\xfe.example", "\xff\xfe.example"},
      {"x@-\xc3\xbc-.example", "x@-\xc3\xbc-.example", "-\xc3\xbc-.example"},
      // Address literals are compared as they are written.
      {"alice@[192.0.2.1]", "alice@[192.0.2.1]", "[192.0.2.1]"},
      {"alice@[IPv6:2001:DB8::1]", "alice@[ipv6:2001:db8::1]", "[ipv6:2001:db8::1]"},
      {"A.B+Tag@example.org", "a.b+tag@example.org", "example.org"},  // dots and tags mean something
  }));
  CAPTURE(row.raw);
  CHECK(Address::sender(row.raw).text() == row.normal_form);
  CHECK(Address::sender(row.raw).domain() == row.domain);
  CHECK(Address::recipient(row.raw).text() == row.normal_form);
  CHECK(Address::recipient(row.raw).domain() == row.domain);
}

TEST_CASE("Address: a sender loses its BATV tag", "[address]") {
  struct Row {
    std::string raw, normal_form;
  };
  const auto row = GENERATE(values<Row>({
      {"prvs=0123abcdef=user@example.org", "user@example.org"},
      {"prvs=user/0123abcdef@example.org", "user@example.org"},
      {"PRVS=0123ABCDEF=User@Example.ORG", "user@example.org"},
      {"Prvs=User/0123ABCDEF@Example.ORG", "user@example.org"},
      {"prvs=0123abcdef=list+bob=b.org@example.org", "list+bob=b.org@example.org"},  // VERP below the tag
      {"prvs=0123abcdef=a/b@example.org", "a/b@example.org"},
      {"prvs=0123abcdef=a@b@example.org", "a@b@example.org"},
      {"prvs=user/0123abcdef@b@example.org", "user@example.org"},
      {"prvs=1=u@", "u@"},
      {"btv1==3971234abc==alice@example.org", "alice@example.org"},
      {"BTV1==34826e458e2==Alice@Example.org", "alice@example.org"},
      {"btv1==068a4973b3a==list+bob==b.org@example.org", "list+bob==b.org@example.org"},
      {"btv1==068a4973b3a==prvs=0123abcdef=user@example.org", "user@example.org"},
      {"msprvs1=18412hKdkPU1R=btv1==1==user@example.org", "user@example.org"},
      {R"("prvs=0123abcdef=user"@example.org)", "user@example.org"},
      {R"(prvs=0123abcdef="j d"@example.org)", "j d@example.org"},
      {"prvs=0123abcdef=J\xc3\x84GER@example.org", "j\xc3\x84ger@example.org"},
  }));
  CAPTURE(row.raw);
  CHECK(Address::sender(row.raw).text() == row.normal_form);
}

TEST_CASE("Address: a recipient keeps its BATV tag, by which its domain knows a bounce", "[address]") {
  CHECK(Address::recipient("PRVS=0123abcdef=user@Example.org").text() == "prvs=0123abcdef=user@example.org");
  CHECK(Address::recipient("prvs=user/0123abcdef@example.org").text() == "prvs=user/0123abcdef@example.org");
}

TEST_CASE("Address: what only looks like BATV stays", "[address]") {
  const std::string raw =
      GENERATE(as<std::string>(), "prvs=user@example.org", "prvs@example.org", "prvs=@example.org",
               "prvs=tag=@example.org", "prvs=/tag@example.org", "prvs==@example.org", "prvs=tag=user",
               "prvs=user/tag", "prvs=", "prvs", "prvs==", "prvs=@", "xprvs=tag=user@example.org",
               " prvs=tag=user@example.org", "prvs-tag=user@example.org", "prvs.=tag=user@example.org",
               "user@prvs=tag=example.org", "btv1==tag=user@example.org", "btv1=tag==user@example.org",
               "btv1==tag==@example.org", "btv1==user@example.org",
               "btv1==tag==@relay.example:user@example.org", "srs0=hash=tt=a.org=user@example.org");
  CAPTURE(raw);
  CHECK(Address::sender(raw).text() == raw);
}

TEST_CASE("Address: both kinds of BATV around random users and tags", "[address]") {
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  const auto word = [&random](std::string_view alphabet) {
    std::string text;
    for (std::size_t size = 1 + random() % 12; size > 0; --size) text += alphabet[random() % alphabet.size()];
    return text;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string user = word("abcXYZ019.+-_ \xe9\xff");
    const std::string tag = word("0123456789ABCDEFabcdef");
    const std::string domain = '@' + word("abcXYZ.-\xfc") + 'z';
    CAPTURE(i, user, tag, domain);
    const Address untagged = Address::sender(user + domain);
    REQUIRE(untagged.text() == kCase.lower(user + domain));
    REQUIRE(Address::sender("prvs=" + tag + '=' + user + domain) == untagged);
    REQUIRE(Address::sender("prvs=" + user + '/' + tag + domain) == untagged);
  }
}

// Whether only case and tag are to change: no source route, no quotes, and a domain in ASCII that does not
// end with a dot.
bool is_plain(std::string_view address) {
  const auto at = address.rfind('@');
  const std::string_view domain = at == std::string_view::npos ? "" : address.substr(at + 1);
  return !address.starts_with('@') && address.find('"') == std::string_view::npos && !domain.ends_with('.') &&
         std::ranges::all_of(domain, [](unsigned char c) { return c < 0x80; });
}

TEST_CASE("Address: random input keeps every byte but for case and tag", "[address]") {
  int plain = 0;
  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 20000; ++i) {
    const std::string raw = random_address(random);
    if (!is_plain(raw)) continue;
    ++plain;
    const std::string lower = kCase.lower(raw);
    CAPTURE(i, raw);

    REQUIRE(Address::recipient(raw).text() == lower);
    REQUIRE(Address::recipient(lower).text() == lower);
    REQUIRE(Address::recipient(kCase.upper(raw)) == Address::recipient(raw));

    const Address sender = Address::sender(raw);
    REQUIRE(Address::sender(kCase.upper(raw)) == sender);
    if (!lower.starts_with("prvs=")) REQUIRE(sender.text() == lower);

    // The domain is what the tag does not touch.
    const auto at = lower.rfind('@');
    const std::string domain = at == std::string::npos ? lower : lower.substr(at + 1);
    REQUIRE(sender.domain() == domain);
    REQUIRE(Address::recipient(raw).domain() == domain);
  }
  CHECK(plain > 5000);
}

TEST_CASE("Address: the normal form of a sender is its own normal form", "[address]") {
  // Two hosts that forward a bounce can each have put a tag on it.
  CHECK(Address::sender("prvs=tag1=prvs=tag2=user@example.org").text() == "user@example.org");
  CHECK(Address::sender("prvs=tag1=prvs=user/tag2@example.org").text() == "user@example.org");
  CHECK(Address::sender("prvs=1=@a:b@c.org").text() == "prvs=1=@a:b@c.org");

  CAPTURE(test::kSeed);
  std::mt19937 random(test::kSeed);
  for (int i = 0; i < 20000; ++i) {
    const std::string raw = random_address(random);
    const Address once = Address::sender(raw);
    CAPTURE(i, raw);
    REQUIRE(Address::sender(once.text()).text() == once.text());
  }
}

TEST_CASE("Address: 64 KiB of input", "[address]") {
  constexpr std::size_t kSize = 64 * 1024;
  const std::string letters(kSize, 'A');
  CHECK((Address::sender(letters).text() == std::string(kSize, 'a')));
  CHECK((Address::sender("prvs=tag=" + letters + "@Example.org").text() ==
         std::string(kSize, 'a') + "@example.org"));
  CHECK((Address::sender("prvs=" + letters + "/tag@Example.org").text() ==
         std::string(kSize, 'a') + "@example.org"));
  CHECK((Address::recipient(letters + '@' + letters).domain() == std::string(kSize, 'a')));
  CHECK((Address::sender(std::string(kSize, '@')).text() == std::string(kSize, '@')));
  CHECK(Address::sender(std::string(kSize, '@')).domain().empty());
  CHECK((Address::sender(std::string(kSize, '\xff')).text() == std::string(kSize, '\xff')));
}

TEST_CASE("Address: equal when the normal forms are", "[address]") {
  CHECK(Address::sender("A@b.org") == Address::recipient("a@B.ORG"));
  CHECK(Address::sender("a@b.org") != Address::sender("a@c.org"));
  CHECK(Address::sender("") != Address::sender("@"));
}

}  // namespace
}  // namespace greylisting
