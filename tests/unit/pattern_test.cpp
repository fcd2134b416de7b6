#include "lists/pattern.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lists/pattern_key.h"
#include "lists/regexp.h"
#include "tests/support/catch.h"

namespace greylisting {
namespace {

using namespace std::string_literals;

Subjects subjects(std::string_view client, std::string_view name, std::string_view sender,
                  std::string_view recipient) {
  const auto address = IpAddress::parse(client);
  REQUIRE(address.has_value());
  return {*address, normal_client_name(name), Address::sender(sender), Address::recipient(recipient)};
}

// An attempt that is nothing but what `word` looks at. `value` of a client is a name or an address.
Subjects subjects(std::string_view word, std::string_view value) {
  const bool is_address = IpAddress::parse(value).has_value();
  if (word == "client") return subjects(is_address ? value : "203.0.113.9", is_address ? "" : value, "", "");
  return subjects("203.0.113.9", "", word == "sender" ? value : "", word == "recipient" ? value : "");
}

bool has(const std::vector<std::string>& keys, const std::string& key) {
  return std::ranges::find(keys, key) != keys.end();
}

// Whether the attempt's keys and the pattern's network say that it matches.
bool is_found_by_key(const Pattern& pattern, const Subjects& attempt) {
  return has(keys_of(attempt), pattern.key()) &&
         (!pattern.network() || pattern.network()->contains(attempt.client));
}

TEST_CASE("Pattern::parse: kind, normal form, key and specificity", "[pattern]") {
  struct Case {
    std::string_view word, text;
    PatternKind kind;
    std::string_view normal;
    std::string key;
    unsigned specificity;
  };
  using enum PatternKind;
  const std::string long_label(63, 'x');
  const std::vector<Case> cases{
      {"client", "192.0.2.7", network, "192.0.2.7", "n\xc0\x00\x02\x07"s, 732},
      {"client", "192.0.2.7/32", network, "192.0.2.7", "n\xc0\x00\x02\x07"s, 732},
      {"client", "192.0.2.7/24", network, "192.0.2.0/24", "n\xc0\x00\x02\x00"s, 724},
      {"client", "0.0.0.0/0", network, "0.0.0.0/0", "n\0\0\0\0"s, 700},
      {"client", "195.235.39", network, "195.235.39.0/24", "n\xc3\xeb\x27\x00"s, 724},
      {"client", "195.235.39.", network, "195.235.39.0/24", "n\xc3\xeb\x27\x00"s, 724},
      {"client", "195.235", network, "195.235.0.0/16", "n\xc3\xeb\x00\x00"s, 716},
      {"client", "10", network, "10.0.0.0/8", "n\x0a\x00\x00\x00"s, 708},
      {"client", "10.", network, "10.0.0.0/8", "n\x0a\x00\x00\x00"s, 708},
      {"client", "192.0.2/24", network, "192.0.2.0/24", "n\xc0\x00\x02\x00"s, 724},
      {"client", "192.0.2.7/24", network, "192.0.2.0/24", "n\xc0\x00\x02\x00"s, 724},
      {"client", "10/8", network, "10.0.0.0/8", "n\x0a\x00\x00\x00"s, 708},
      {"client", "172.16/12", network, "172.16.0.0/12", "n\xac\x10\x00\x00"s, 712},
      {"client", "10.1/255.255.0.0", network, "10.1.0.0/16", "n\x0a\x01\x00\x00"s, 716},
      {"client", "192.0.2.*", network, "192.0.2.0/24", "n\xc0\x00\x02\x00"s, 724},
      {"client", "10.1.*.*", network, "10.1.0.0/16", "n\x0a\x01\x00\x00"s, 716},
      {"client", "10.*", network, "10.0.0.0/8", "n\x0a\x00\x00\x00"s, 708},
      {"client", "2001:DB8:0::/32", network, "2001:db8::/32", "n\x20\x01\x0d\xb8"s + std::string(12, '\0'),
       732},
      {"client", "2001:db8::1/128", network, "2001:db8::1",
       "n\x20\x01\x0d\xb8"s + std::string(11, '\0') + '\x01', 828},
      {"client", "[192.0.2.7]", network, "192.0.2.7", "n\xc0\x00\x02\x07"s, 732},
      {"client", "[192.0.2.0]/24", network, "192.0.2.0/24", "n\xc0\x00\x02\x00"s, 724},
      {"client", "[::1]", network, "::1", "n"s + std::string(15, '\0') + '\x01', 828},
      {"client", "[2001:db8::]/32", network, "2001:db8::/32", "n\x20\x01\x0d\xb8"s + std::string(12, '\0'),
       732},
      {"client", "[2001:db8::/32]", network, "2001:db8::/32", "n\x20\x01\x0d\xb8"s + std::string(12, '\0'),
       732},
      {"client", "[IPv6:::1]", network, "::1", "n"s + std::string(15, '\0') + '\x01', 828},
      {"client", "fe80::1%eth0", network, "fe80::1", "n\xfe\x80"s + std::string(13, '\0') + '\x01', 828},
      {"client", "::1.2.3.4", network, "::102:304", "n"s + std::string(12, '\0') + "\x01\x02\x03\x04", 828},
      {"client", "::102:304", network, "::102:304", "n"s + std::string(12, '\0') + "\x01\x02\x03\x04", 828},
      {"client", "::ffff:192.0.2.7", network, "192.0.2.7", "n\xc0\x00\x02\x07"s, 732},
      {"client", "Example.ORG.", host, "example.org", "h.example.org", 504},
      {"client", "=Mail.example.org", host, "=mail.example.org", "h=mail.example.org", 507},
      {"client", "*.example.org", host, "*.example.org", "h*example.org", 504},
      {"client", "org", host, "org", "h.org", 502},
      {"client", "1blu.de", host, "1blu.de", "h.1blu.de", 504},
      {"client", "a_b-c.example.org", host, "a_b-c.example.org", "h.a_b-c.example.org", 506},
      {"client",
       "b\xc3\xbc"
       "cher.example",
       host, "xn--bcher-kva.example", "h.xn--bcher-kva.example", 504},
      {"client",
       "=B\xc3\x9c"
       "CHER.example",
       host, "=xn--bcher-kva.example", "h=xn--bcher-kva.example", 505},
      {"client", "<>", host, "<>", "h=", 503},
      {"client", "/^M\\d+\\./", host, "/^M\\d+\\./", "/", 130},
      {"client", "/10.0.0.0/", host, "/10.0.0.0/", "/", 130},
      {"sender", "User@Example.ORG.", sender, "user@example.org", "s=user@example.org", 920},
      {"sender", "user+list@example.org", sender, "user+list@example.org", "s=user+list@example.org", 921},
      {"sender", "prvs=1234567890=user@example.org", sender, "user@example.org", "s=user@example.org", 920},
      {"sender", "@relay.example:user@example.org", sender, "user@example.org", "s=user@example.org", 920},
      {"sender", "<>", sender, "<>", "s=", 920},
      {"sender", "user+@example.org", sender, "user+@example.org", "s=user+@example.org", 920},
      {"sender", "User@", sender, "user@", "s=user@", 490},
      {"sender", "user+list@", sender, "user+list@", "s=user+list@", 491},
      {"sender", "user+@", sender, "user+@", "s=user+@", 490},
      {"sender", "us\\er@example.org", sender, "us\\x5cer@example.org", "s=us\\x5cer@example.org", 920},
      {"sender", "gr\\xc3\\xa5@example.net", sender, "gr\\xc3\\xa5@example.net", "s=gr\\xc3\\xa5@example.net",
       920},
      {"sender", "gr\xc3\xa5@example.net", sender, "gr\\xc3\\xa5@example.net", "s=gr\\xc3\\xa5@example.net",
       920},
      {"sender", "Gr\\xC3\xa5@", sender, "gr\\xc3\\xa5@", "s=gr\\xc3\\xa5@", 490},
      {"sender", "a\\x5cxff@example.net", sender, "a\\x5cxff@example.net", "s=a\\x5cxff@example.net", 920},
      {"sender", "\"john\\x20doe\"@example.net", sender, "john\\x20doe@example.net",
       "s=john\\x20doe@example.net", 920},
      {"recipient", "\"john\\x09doe\"@", recipient, "john\\x09doe@", "r=john\\x09doe@", 290},
      {"recipient", "x@b\\xc3\\xbccher.example", recipient, "x@xn--bcher-kva.example",
       "r=x@xn--bcher-kva.example", 910},
      {"client", "b\\xc3\\xbccher.example", host, "xn--bcher-kva.example", "h.xn--bcher-kva.example", 504},
      {"sender", "/^gr\xc3\xa5\\\xa5@/", sender, "/^gr\\xc3\\xa5\\xa5@/", "/", 120},
      {"sender", "/^gr\\xc3\\xA5@/", sender, "/^gr\\xc3\\xA5@/", "/", 120},
      {"sender", "m\xc3\xbcller@", sender, "m\\xc3\\xbcller@", "s=m\\xc3\\xbcller@", 490},
      {"sender",
       "x@b\xc3\xbc"
       "cher.example",
       sender, "x@xn--bcher-kva.example", "s=x@xn--bcher-kva.example", 920},
      {"sender", "user@[192.0.2.1]", sender, "user@[192.0.2.1]", "s=user@[192.0.2.1]", 920},
      {"sender", "[192.0.2.1]", sender, "[192.0.2.1]", "s.[192.0.2.1]", 402},
      {"sender", "=[IPv6:2001:DB8::1]", sender, "=[ipv6:2001:db8::1]", "s@[ipv6:2001:db8::1]", 403},
      {"sender", "Example.org", sender, "example.org", "s.example.org", 404},
      {"sender", "=example.org", sender, "=example.org", "s@example.org", 405},
      {"sender", "*.example.org", sender, "*.example.org", "s*example.org", 404},
      {"sender", "/^$/", sender, "/^$/", "/", 120},
      {"recipient", "User@example.org", recipient, "user@example.org", "r=user@example.org", 910},
      {"recipient", "prvs=1234567890=u@example.org", recipient, "prvs=1234567890=u@example.org",
       "r=prvs=1234567890=u@example.org", 910},
      {"recipient", "user+a+b@example.org", recipient, "user+a+b@example.org", "r=user+a+b@example.org", 911},
      {"recipient", "postmaster@", recipient, "postmaster@", "r=postmaster@", 290},
      {"recipient", "user+list@", recipient, "user+list@", "r=user+list@", 291},
      {"recipient", "example.org", recipient, "example.org", "r.example.org", 204},
      {"recipient", "=a.example.org", recipient, "=a.example.org", "r@a.example.org", 207},
      {"recipient", "*.example.org", recipient, "*.example.org", "r*example.org", 204},
      {"recipient", "/user@/", recipient, "/user@/", "/", 110},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.word, expected.text);
    const Pattern pattern = Pattern::parse(expected.word, expected.text);
    CHECK(pattern.kind() == expected.kind);
    CHECK(pattern.text() == expected.normal);
    CHECK(pattern.key() == expected.key);
    CHECK(pattern.specificity() == expected.specificity);
    CHECK(pattern.is_regexp() == (expected.key == "/"));
    CHECK(pattern.network().has_value() == (expected.kind == network));
    CHECK(word(pattern.kind()) == expected.word);

    const Pattern again = Pattern::parse(word(pattern.kind()), pattern.text());
    CHECK(again == pattern);
    CHECK(again.key() == pattern.key());
    CHECK(again.network() == pattern.network());
    CHECK(again.specificity() == pattern.specificity());
  }
}

TEST_CASE("Pattern::parse: what is no pattern is refused, and why", "[pattern]") {
  struct Case {
    std::string_view word;
    std::string text;
    std::string_view why;
  };
  const std::string labels = [] {
    std::string name;
    while (name.size() < 260) name += "abcdefghi.";
    return name + "org";
  }();
  const std::vector<Case> cases{
      {"host", "example.org", "\"host\" is not client, sender or recipient"},
      {"", "example.org", "\"\" is not client, sender or recipient"},
      {"network", "192.0.2.1", "is not client"},
      {"client", "", "is empty"},
      {"sender", "", "a sender is an address"},
      {"recipient", "", "a recipient is an address"},
      {"client", "exa mple.org",
       "has a blank or a control character in it, which no client has; a client is"},
      {"client", "192.0.2.1 - 192.0.2.9", "which no client has"},
      {"client", " example.org", "has a blank"},
      {"sender", "a\tb@example.org", "has a blank"},
      {"sender", "a@example.org\n", "has a blank"},
      {"sender", "a\0b@example.org"s, "control character"},
      {"sender", "a\x7f@example.org", "control character"},
      {"client", "/a b/",
       "has a blank or a control character in it, which is to be written as \\xNN (a blank: \\s)"},
      {"sender", "\"john doe\"@example.net", "is to be written as \\xNN (a blank: \\x20)"},
      {"sender", "[a\\x20b]", "is not a domain name"},
      {"sender", "x@a\\x00\xc3\xbc.example", "has a NUL or a line end"},
      {"sender", "a\\x0ab@example.net", "has a NUL or a line end"},
      {"client", "a\\x20b.example", "is not a domain name"},
      {"sender", "/\\Q\xc3\xa5\\E@/", "write these as \\xNN, and not after \\Q"},
      {"client", "192.0.2.300",
       "is not a network, and no name ends in a number; a client is a network (192.0.2.0/24), a name"},
      {"client", "192.0.2.1.5", "no name ends in a number"},
      {"client", "192.0.2.1.", "no name ends in a number"},
      {"client", "192.0.2.1-192.0.2.9", "no name ends in a number"},
      {"client", "192.0.2.1-9", "no name ends in a number"},
      {"client", "192.0.2.1-9..", "no name ends in a number"},
      {"client", "192.0.2.1-5-9", "no name ends in a number"},
      {"client", "192.0.2.1-", "no name ends in a number"},
      {"client", "=192.0.2.1-9", "no name ends in a number"},
      {"client", "256", "no name ends in a number"},
      {"client", "=192.0.2.1", "no name ends in a number"},
      {"client", "192.0.2.0/33", "is not a network; a client"},
      {"client", "192.0/24", "is not a network; a client is a network (192.0.2.0/24)"},
      {"client", "10/255.255.0.0", "is not a network"},
      {"client", "192.0.2/", "is not a network"},
      {"client", "192.0.2.*/24", "is not a network"},
      {"client", "192.0.2.7.*", "is not a domain name"},
      {"client", "192.*.*.*.*", "is not a domain name"},
      {"client", "2001:db8::/129", "is not a network"},
      {"client", "2001:db8:::", "is not a network"},
      {"client", "user@example.org", "write sender or recipient in front"},
      {"client", "[192.0.2.x]", "letters, digits"},
      {"client", "exa,mple.org", "is not a domain name"},
      {"client", "*example.org", "is not a domain name"},
      {"client", "a.*.example.org", "is not a domain name"},
      {"client", "=*.example.org", "is not a domain name"},
      {"client", ".example.org",
       "a label of it is empty; write example.org for the domain and its subdomains"},
      {"recipient", ".example.org", "write example.org for the domain and its subdomains"},
      {"client",
       ".a\x85"
       "b.example",
       "is not a domain name, which has letters, digits"},
      {"client", "..example.org", "a label of it is empty; a client is"},
      {"client", "192.000.002.001",
       "has a number that begins with 0, which some programs read as octal; write 192.0.2.1"},
      {"client", "010.0.0.0/8", "write 10.0.0.0/8"},
      {"client", "192.0.02", "write 192.0.2"},
      {"client", "0300.0.2.1", "is not a network"},
      {"client", "0xC0000201", "is not a network, and no name ends in a number"},
      {"client", "example..org", "a label of it is empty"},
      {"client", ".", "a label of it is empty"},
      {"client", "=", "a label of it is empty"},
      {"client", "*.", "a label of it is empty"},
      {"client", "*", "is not a domain name"},
      {"client", "\xff.example.org", "is not a domain name"},
      {"client", labels, "is longer than the 253 characters"},
      {"sender", "x@" + labels, "is longer than the 253 characters"},
      {"recipient", labels.substr(labels.size() - 249), "a domain may have 248 characters"},
      {"sender", std::string(249, 'u') + '@', "an address may have 248 characters"},
      {"sender", std::string(62, '\xfc') + '@', "an address may have 248 characters"},
      {"sender", "@example.org", "write example.org for this domain and its subdomains, =example.org for it"},
      {"recipient", "@example.org", "=example.org for it alone"},
      {"sender", "@", "has neither a user nor a domain"},
      {"sender", "a@b.org,c@d.org", "is more than one address: name each by itself"},
      {"recipient", "a@b.org;c@d.org", "is more than one address: name each by itself"},
      {"recipient", "<>", "without < and >"},
      {"sender", "<user@example.org>", "without < and >"},
      {"sender", "<user@", "without < and >"},
      {"sender", "=user@example.org", "begins with ="},
      {"sender", "prvs=/x/1234567890@example.org", "begins with /"},
      {"sender", "*@example.org", "has a * in an address"},
      {"sender", "list-*@", "has a * in an address"},
      {"sender", "user@example..org", "a label of it is empty"},
      {"sender", "user@.", "a label of it is empty"},
      {"sender", "user@.example.org", "a label of it is empty"},
      {"sender", "user@exa,mple.org", "is not a domain name"},
      {"sender", "user@[192.0.2.1", "is not a domain name"},
      {"sender", "user@[]", "is not a domain name"},
      {"sender", "user@[a]b]", "is not a domain name"},
      {"sender", "*.[192.0.2.1]", "an address has no subdomains"},
      {"recipient", "192.0.2.0/24", "is not a domain name"},
      {"recipient", "192.0.2.1", "is the address of a client"},
      {"sender", "=192.0.2.1", "is the address of a client"},
      {"client", "/", "stands between two slashes"},
      {"client", "//", "is not empty"},
      {"client", "/abc", "begins as a regular expression"},
      {"client", "/24", "begins as a regular expression"},
      {"sender", "/a/@example.org", "begins as a regular expression"},
      {"client", "/a(b/", "\"/a(b/\" is not a regular expression: missing closing parenthesis at octet 3"},
      {"client", "/*a/", "quantifier does not follow a repeatable item at octet"},
      {"client", '/' + std::string(999, 'a') + '/', "is longer than the 1000 characters"},
  };
  for (const Case& refused : cases) {
    CAPTURE(refused.word, refused.text);
    CHECK_THROWS_AS(Pattern::parse(refused.word, refused.text), PatternError);
    CHECK_THROWS_WITH(Pattern::parse(refused.word, refused.text), Catch::Contains(std::string(refused.why)));
  }
}

TEST_CASE("PatternError: shows the text in printable ASCII, and not all of a long one", "[pattern]") {
  CHECK_THROWS_WITH(Pattern::parse("client",
                                   "a\n\xff"
                                   "b"),
                    Catch::StartsWith("\"a\\x0a\\xffb\" has a blank"));
  CHECK_THROWS_WITH(Pattern::parse("client", std::string(101, 'a') + "!"),
                    Catch::StartsWith('"' + std::string(100, 'a') + "...\" "));
  CHECK_THROWS_WITH(
      Pattern::parse("sender", "@" + std::string(5000, '\xff')),
      Catch::Predicate<std::string>([](const std::string& what) { return what.size() < 2000; }));
}

TEST_CASE("Pattern::parse: the longest that there can be", "[pattern]") {
  const std::string name = std::string(60, 'a') + '.' + std::string(60, 'b') + '.' + std::string(60, 'c') +
                           '.' + std::string(61, 'd') + ".org";
  REQUIRE(name.size() == 248);
  CHECK(Pattern::parse("client", name).key().size() == 250);
  CHECK(Pattern::parse("sender", std::string(247, 'u') + '@').key().size() == 250);
  CHECK(Pattern::parse("recipient", '/' + std::string(998, 'a') + '/').is_regexp());
}

TEST_CASE("Pattern::matches: what it matches and what is only near it; its key says the same", "[pattern]") {
  struct Case {
    std::string_view word, text;
    std::vector<std::string> matching;
    std::vector<std::string> others;
  };
  const std::vector<Case> cases{
      {"client", "192.0.2.0/24", {"192.0.2.0", "192.0.2.255"}, {"192.0.1.255", "192.0.3.0", "::c000:200"}},
      {"client", "192.0.2.7", {"192.0.2.7", "::ffff:192.0.2.7"}, {"192.0.2.6", "192.0.2.8"}},
      {"client", "195.235.39", {"195.235.39.1"}, {"195.235.3.9", "195.235.40.1", "195.235.38.255"}},
      {"client", "10", {"10.255.0.1"}, {"11.0.0.0", "9.255.255.255", "0.0.0.10"}},
      {"client", "0.0.0.0/0", {"0.0.0.0", "255.255.255.255"}, {"::", "::1"}},
      {"client", "2001:db8::/32", {"2001:db8::", "2001:db8:ffff::1"}, {"2001:db9::", "2001:db7::1"}},
      {"client",
       "example.org",
       {"example.org", "EXAMPLE.org.", "a.example.org", "b.a.example.org"},
       {"org", "badexample.org", "example.org.bad", "example.com", "", "xexample.org", "example-org"}},
      {"client",
       "=example.org",
       {"example.org"},
       {"a.example.org", "org", "xexample.org", "example.org.bad", ""}},
      {"client",
       "*.example.org",
       {"a.example.org", "b.a.example.org", ".example.org"},
       {"example.org", "aexample.org", "org", ""}},
      {"client", "org", {"org", "a.org", "b.a.org"}, {"aorg", "orgs", ""}},
      {"client", "<>", {"", "."}, {"a", "unknown", "<>"}},
      {"sender",
       "user@example.org",
       {"user@example.org", "USER@EXAMPLE.ORG", "user+ext@example.org", "user+a+b@example.org",
        "prvs=1234567890=user@example.org"},
       {"user@a.example.org", "user@example.com", "auser@example.org", "use@example.org", "user@", "user",
        "user+@example.org", "+user@example.org", "user+ext@example.com", "x+user@example.org", "",
        "userext@example.org", "user-ext@example.org"}},
      {"sender",
       "user+list@example.org",
       {"user+list@example.org"},
       {"user@example.org", "user+lis@example.org", "user+list+a@example.org", "user+list@example.com"}},
      {"sender",
       "user@",
       {"user@example.org", "user@", "user", "user+ext@example.com", "user+ext"},
       {"users@example.org", "auser@example.org", "user+@example.org", "example.org@user", ""}},
      {"sender", "user+@", {"user+@example.org"}, {"user@example.org", "user+a@example.org"}},
      {"sender", "<>", {""}, {"a@example.org", "<>", "@", "postmaster"}},
      {"sender",
       "example.org",
       {"a@example.org", "@example.org", "a@b@example.org", "a@x.example.org"},
       {"a@badexample.org", "example.org", "example.org@a", "a@example.org.bad", "a.example.org", ""}},
      {"sender", "=example.org", {"a@example.org", "a+b@example.org."}, {"a@x.example.org", "example.org"}},
      {"sender", "*.example.org", {"a@x.example.org", "a@.example.org"}, {"a@example.org", "x.example.org"}},
      {"sender", "[192.0.2.1]", {"a@[192.0.2.1]"}, {"a@192.0.2.1", "a@[1192.0.2.1]", "a@[x.[192.0.2.1]"}},
      {"sender", "2.1", {"a@192.0.2.1"}, {"a@[192.0.2.1]", "a@12.1"}},
      {"sender", "user@[192.0.2.1]", {"user@[192.0.2.1]", "user+a@[192.0.2.1]"}, {"user@[192.0.2.2]"}},
      {"recipient", "user@example.org", {"user+x@example.org"}, {"prvs=1234567890=user@example.org", ""}},
      {"recipient", "postmaster@", {"postmaster", "postmaster@example.org"}, {"postmaster2@example.org"}},
      {"recipient", "example.org", {"a@example.org", "a@b.example.org"}, {"a@anexample.org", "example.org"}},
      {"recipient",
       "m\xc3\xbcller@",
       {"m\xc3\xbcller@example.org"},
       {"muller@example.org", "m\\xc3\\xbcller@"}},
      {"recipient",
       "m\\xc3\\xbcller@example.org",
       {"m\xc3\xbcller@example.org", "M\xc3\xbcller+x@example.org"},
       {"m\\xc3\\xbcller@example.org", "m\xc3\xbcller@example.com", "m\xc3\xbcller"}},
      {"sender",
       "\"john\\x20doe\"@example.net",
       {"\"john doe\"@example.net", "\"John Doe\"@Example.net.", "john doe@example.net"},
       {"\"john\\x20doe\"@example.net", "johndoe@example.net", "\"john doe\"@example.org"}},
      {"sender",
       "us\\x5cer@",
       {"us\\er@example.net", "us\\er"},
       {"user@example.net", "us\\x5cer@example.net"}},
  };
  for (const Case& expected : cases) {
    const Pattern pattern = Pattern::parse(expected.word, expected.text);
    const bool is_of_sender = expected.word == "sender";
    for (const auto& [values, matches] :
         {std::pair(expected.matching, true), std::pair(expected.others, false)}) {
      for (const std::string& value : values) {
        CAPTURE(expected.text, value);
        const Subjects attempt = subjects(expected.word, value);
        CHECK(pattern.matches(attempt) == matches);
        CHECK(is_found_by_key(pattern, attempt) == matches);
        // Nothing is found in the place of something else.
        if (expected.word != "client" && expected.text != "<>" && !value.empty()) {
          const Subjects other = subjects(is_of_sender ? "recipient" : "sender", value);
          CHECK_FALSE(pattern.matches(other));
          CHECK_FALSE(is_found_by_key(pattern, other));
        }
      }
    }
  }
}

TEST_CASE("Pattern::matches: regular expressions", "[pattern]") {
  struct Case {
    std::string_view word, text;
    Subjects attempt;
    bool matches;
  };
  const std::string long_name(Regexp::kMaxSubject + 1, 'a');
  const std::vector<Case> cases{
      {"client", "/^MX\\d+\\.example/", subjects("192.0.2.1", "mx7.Example.org", "", ""), true},
      {"client", "/x7\\.e/", subjects("192.0.2.1", "mx7.example.org", "", ""), true},
      {"client", "/^x7\\.e/", subjects("192.0.2.1", "mx7.example.org", "", ""), false},
      {"client", "/^192\\.0\\.2\\.1$/", subjects("192.0.2.1", "mx7.example.org", "", ""), true},
      {"client", "/^2001:DB8::1$/", subjects("2001:db8::1", "", "", ""), true},
      {"client", "/^$/", subjects("192.0.2.1", "", "", ""), false},
      {"client", "/org/", subjects("192.0.2.1", "a.example.net", "a@example.org", "b@example.org"), false},
      {"client", "/^aa/", subjects("192.0.2.1", long_name, "", ""), true},
      {"client", "/^aa/", subjects("192.0.2.1", long_name.substr(1), "", ""), true},
      {"client", "/\\xff/", subjects("192.0.2.1", "\xff", "", ""), true},
      {"sender", "/^News-.*@example\\.org$/", subjects("192.0.2.1", "", "news-17@example.org", ""), true},
      {"sender", "/@example\\.org$/", subjects("192.0.2.1", "", "a@example.org.bad", "a@example.org"), false},
      {"sender", "/^$/", subjects("192.0.2.1", "", "", "a@example.org"), true},
      {"sender", "/a\\sb/", subjects("192.0.2.1", "", "a b@example.org", ""), true},
      {"recipient", "/^a@/", subjects("192.0.2.1", "", "b@example.org", "a@example.org"), true},
      {"recipient", "/^b@/", subjects("192.0.2.1", "", "b@example.org", "a@example.org"), false},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.text, expected.attempt.client_name, expected.attempt.sender.text());
    const Pattern pattern = Pattern::parse(expected.word, expected.text);
    CHECK(pattern.matches(expected.attempt) == expected.matches);
    const Pattern copy = pattern;  // NOLINT(performance-unnecessary-copy-initialization)
    CHECK(copy.matches(expected.attempt) == expected.matches);
  }
}

TEST_CASE("Pattern::matches: a regular expression that needs too many steps has not matched", "[pattern]") {
  // Every a doubles the steps of the first alternative, which fails before the second is found.
  const Pattern pattern = Pattern::parse("sender", "/^(?:a|a)*[0-9]|^a+-7@/");
  CHECK(pattern.matches(subjects("192.0.2.1", "", std::string(5, 'a') + "-7@example.org", "")));
  CHECK_FALSE(pattern.matches(subjects("192.0.2.1", "", std::string(16, 'a') + "-7@example.org", "")));
  CHECK_FALSE(pattern.matches(subjects("192.0.2.1", "", std::string(60, 'a') + "-7@example.org", "")));
}

TEST_CASE("keys_of: the keys of an attempt", "[pattern]") {
  const std::vector<std::string> keys = keys_of(
      subjects("192.0.2.1", "Mail.example.org.", "User+News@a.example.org", "m\xc3\xbcller@[192.0.2.1]"));
  const std::set<std::string> expected{"n\xc0\x00\x02\x01"s,
                                       "n\xc0\x00\x02\x00"s,
                                       "n\xc0\x00\x00\x00"s,
                                       "n\x80\x00\x00\x00"s,
                                       "n\0\0\0\0"s,
                                       "h=mail.example.org",
                                       "h.mail.example.org",
                                       "h.example.org",
                                       "h*example.org",
                                       "h.org",
                                       "h*org",
                                       "s=user+news@a.example.org",
                                       "s=user@a.example.org",
                                       "s=user+news@",
                                       "s=user@",
                                       "s@a.example.org",
                                       "s.a.example.org",
                                       "s.example.org",
                                       "s*example.org",
                                       "s.org",
                                       "s*org",
                                       "r=m\\xc3\\xbcller@[192.0.2.1]",
                                       "r=m\\xc3\\xbcller@",
                                       "r@[192.0.2.1]",
                                       "r.[192.0.2.1]"};
  CHECK(std::set<std::string>(keys.begin(), keys.end()) == expected);
  CHECK(keys.size() == expected.size());
}

TEST_CASE("keys_of: what is not there has no key", "[pattern]") {
  const auto of = [](std::string_view sender, std::string_view recipient) {
    std::vector<std::string> keys = keys_of(subjects("0.0.0.0", "", sender, recipient));
    CHECK(keys.front() == "n\0\0\0\0"s);
    keys.erase(keys.begin());
    return keys;
  };
  using Keys = std::vector<std::string>;
  CHECK(of("", "") == Keys{"h=", "s="});
  CHECK(of("user", "") == Keys{"h=", "s=user@"});
  CHECK(of("user@", "") == Keys{"h=", "s=user@"});
  CHECK(of("", "postmaster") == Keys{"h=", "s=", "r=postmaster@"});
  CHECK(of("", "@") == Keys{"h=", "s="});
  CHECK(of("", "+x@org") == Keys{"h=", "s=", "r=+x@org", "r=+x@", "r@org", "r.org"});
  CHECK(of("", "@org") == Keys{"h=", "s=", "r@org", "r.org"});
  CHECK(of("", "x@a..b") ==
        Keys{"h=", "s=", "r=x@a..b", "r=x@", "r@a..b", "r.a..b", "r..b", "r*.b", "r.b", "r*b"});
}

TEST_CASE("keys_of: whatever the client sends, each key once, printable and of a pattern's length",
          "[pattern]") {
  const std::string dots(70000, '.');
  std::string labels;
  while (labels.size() < 1000) labels += "ab.";
  for (const std::string& name :
       {std::string(70000, 'a'), dots + 'a', labels + "org", "\xff\xfe.\x01\n.org"s, "[a.b]"s, "[a.b"s}) {
    for (const std::string& address :
         {name, "a@" + name, name + "@" + name, "a+" + name + "@org", name + '@'}) {
      const std::vector<std::string> keys = keys_of(subjects("2001:db8::1", name, address, address));
      CAPTURE(name.substr(0, 20), address.substr(0, 20), keys.size());
      CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == keys.size());
      for (const std::string& key : keys) {
        REQUIRE(key.size() <= 250);
        if (key[0] == 'n') continue;
        REQUIRE(std::ranges::all_of(key, [](char c) { return c > 0x20 && c < 0x7f; }));
      }
    }
  }
  const std::vector<std::string> keys =
      keys_of(subjects("192.0.2.1", std::string(300, 'a') + ".org", "", ""));
  CHECK(has(keys, "h.org"));
  CHECK(has(keys_of(subjects("192.0.2.1", std::string(248, 'a'), "", "")), "h=" + std::string(248, 'a')));
  CHECK_FALSE(
      has(keys_of(subjects("192.0.2.1", std::string(249, 'a'), "", "")), "h=" + std::string(249, 'a')));
}

TEST_CASE("specificity: of several patterns, the one that says more", "[pattern]") {
  const std::vector<std::pair<std::string_view, std::string_view>> ascending{
      {"recipient", "/a/"},        {"sender", "/a/"},           {"client", "/a/"},
      {"recipient", "org"},        {"recipient", "=org"},       {"recipient", "example.org"},
      {"recipient", "user@"},      {"sender", "org"},           {"sender", "example.org"},
      {"sender", "=example.org"},  {"sender", "a.example.org"}, {"sender", "user@"},
      {"client", "org"},           {"client", "example.org"},   {"client", "=example.org"},
      {"client", "a.example.org"}, {"client", "0.0.0.0/0"},     {"client", "192.0.2.0/24"},
      {"client", "192.0.2.1"},     {"client", "2001:db8::/64"}, {"client", "2001:db8::1"},
      {"recipient", "a@org"},      {"sender", "a@org"}};
  unsigned before = 99;
  for (const auto& [word, text] : ascending) {
    CAPTURE(word, text);
    const unsigned specificity = Pattern::parse(word, text).specificity();
    CHECK(specificity > before);
    CHECK(specificity < 1000);
    before = specificity;
  }
}

TEST_CASE("specificity_of_domain: by labels, and never beyond what stands above domains", "[pattern]") {
  using enum PatternKind;
  std::string many = "a";
  for (int i = 0; i < 100; ++i) many += ".a";
  CHECK(specificity_of_domain(host, "example.org", false) == 504);
  CHECK(specificity_of_domain(host, "example.org", true) == 505);
  CHECK(specificity_of_domain(host, many, true) == 590);
  CHECK(specificity_of_domain(sender, "org", true) == 403);
  CHECK(specificity_of_domain(sender, many, false) == 480);
  CHECK(specificity_of_domain(recipient, "a.b.c", false) == 206);
  CHECK(specificity_of_domain(recipient, "[192.0.2.1]", true) == 203);
  CHECK(specificity_of_domain(recipient, many, true) == 280);
}

TEST_CASE("normal_client_name: lower case, no final dots, nothing else", "[pattern]") {
  CHECK(normal_client_name("Mail.EXAMPLE.org..") == "mail.example.org");
  CHECK(normal_client_name("...").empty());
  CHECK(normal_client_name("").empty());
  CHECK(normal_client_name(".A_-1\xc3\x9c") == ".a_-1\xc3\x9c");
}

TEST_CASE("patterns_of: ranges of octets, and masks", "[pattern]") {
  const auto texts = [](const std::string& text) {
    std::string all;
    for (const Pattern& pattern : patterns_of("client", text)) all += pattern.text() + ' ';
    return all;
  };
  CHECK(texts("192.0.2.1-4") == "192.0.2.1 192.0.2.2/31 192.0.2.4 ");
  CHECK(texts("192.0.2-3.8-9") == "192.0.2.8/31 192.0.3.8/31 ");
  CHECK(texts("192.0.2-5") == "192.0.2.0/23 192.0.4.0/23 ");
  CHECK(texts("10.0-255") == "10.0.0.0/8 ");
  CHECK(texts("10-11.0") == "10.0.0.0/16 11.0.0.0/16 ");
  CHECK(texts("192.0.2-5.1-20") ==
        texts("192.0.2.1-20") + texts("192.0.3.1-20") + texts("192.0.4.1-20") + texts("192.0.5.1-20"));
  CHECK(texts("192.0.2.5-192.0.2.6") == "192.0.2.5 192.0.2.6 ");
  CHECK(texts("192.0.2.0/255.255.255.0") == "192.0.2.0/24 ");
  CHECK(texts("192.0.2.77/255.255.255.255") == "192.0.2.77 ");
  CHECK(texts("192.0.2.77/0.0.0.0") == "0.0.0.0/0 ");
  CHECK(texts("[::1]-[::2]") == "::1 ::2 ");
  CHECK(texts("192.0.2.7-static.example.net") == "192.0.2.7-static.example.net ");
  for (const std::string text :
       {"192.0.2.0/255.0.255.0", "192.0.2.0/0.0.0.255", "2001:db8::/255.255.0.0", "192.0.2.4-1",
        "192.0.2.1-256", "192.0.2.1-4.5", "192.0.2.-4", "192.0.2.4-", "10-20", "192.0-.1.2"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(patterns_of("client", text), PatternError);
  }
  CHECK_THROWS_WITH(
      patterns_of("client", "10.0-3.0-255.1-254"),
      "\"10.0-3.0-255.1-254\" is more than 1000 networks; name those that it is made of, or a wider "
      "one");
}

TEST_CASE("patterns_of: a range of addresses is its networks", "[pattern]") {
  const auto texts = [](std::string_view text) {
    std::string all;
    for (const Pattern& pattern : patterns_of("client", text)) all += pattern.text() + ' ';
    return all;
  };
  CHECK(texts("192.0.2.5-192.0.2.20") == "192.0.2.5 192.0.2.6/31 192.0.2.8/29 192.0.2.16/30 192.0.2.20 ");
  CHECK(texts("192.0.2.5-192.0.2.5") == "192.0.2.5 ");
  CHECK(texts("2001:db8::-2001:db8::ffff") == "2001:db8::/112 ");
  CHECK(texts("mail-1.example.org") == "mail-1.example.org ");
  CHECK(texts("192.0.2.0/24") == "192.0.2.0/24 ");
  CHECK(texts("192.0.2.7-static.example.net") == "192.0.2.7-static.example.net ");
  CHECK(texts("192.0.2.7-8.Example.net.") == "192.0.2.7-8.example.net ");
  CHECK_THROWS_WITH(texts("192.0.2.5-192.0.2.4"), Catch::Contains("is not a range of addresses"));
  CHECK_THROWS_WITH(texts("192.0.2.5-2001:db8::1"), Catch::Contains("is not a range of addresses"));
  CHECK_THROWS_WITH(texts("192.0.2.20-5"), Catch::Contains("is not a range of addresses"));
  CHECK_THROWS_WITH(texts("192.0.2.5-20."), Catch::Contains("is not a network"));
  CHECK_THROWS_WITH(texts("192.0.2.5-"), Catch::Contains("is not a network"));
  CHECK_THROWS_WITH(texts("192.0.2.5-192.0.2.256"), Catch::Contains("is not a range of addresses"));
  CHECK_THROWS_WITH(texts("2001:db8::1-2001:db8::g"), Catch::Contains("is not a range of addresses"));
}

}  // namespace
}  // namespace greylisting
