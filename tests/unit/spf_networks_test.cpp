#include "ctl/providers/spf_networks.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::ctl {
namespace {

using Records = std::map<std::pair<std::string, DnsType>, std::vector<std::string>>;

// What DNS has; a name `down.example` is not answered for.
DnsLookup lookup(const Records& records) {
  return [records](const std::string& name, DnsType type) {
    if (name == "down.example") return DnsAnswer{};
    const auto found = records.find({name, type});
    if (found == records.end()) return DnsAnswer{.status = DnsAnswer::Status::no_such_name};
    return DnsAnswer{.status = DnsAnswer::Status::found, .values = found->second};
  };
}

// Networks, then `!why` where nothing counts, then what is left out.
std::string text(const SpfNetworks& found) {
  std::string text;
  for (const Network& network : found.networks) text += network.text() + ' ';
  if (!found.why.empty()) text += '!' + found.why;
  for (const std::string& left : found.left) text += "[" + left + "]";
  return text;
}

std::string networks(const std::string& record, Records records = {}) {
  records[{"example.net", DnsType::txt}] = {record};
  return text(spf_networks("example.net", lookup(records)));
}

const std::string kFour("\xc0\x00\x02\x07", 4);
const std::string kSix("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x25", 16);

}  // namespace

TEST_CASE("spf_networks: what a record lets pass", "[spf]") {
  CHECK(networks("v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.7 ip6:2001:db8::/32 -all") ==
        "192.0.2.0/24 198.51.100.7/32 2001:db8::/32 ");
  CHECK(networks("V=SPF1 +IP4:192.0.2.0/24 ip4:192.0.2.0/24 ~all") == "192.0.2.0/24 ");
  CHECK(networks("v=spf1 a mx/28 -all", {{{"example.net", DnsType::a}, {kFour}},
                                         {{"example.net", DnsType::aaaa}, {kSix}},
                                         {{"example.net", DnsType::mx}, {"mx.example.net"}},
                                         {{"mx.example.net", DnsType::a}, {kFour}}}) ==
        "192.0.2.7/32 2001:db8::25/128 192.0.2.0/28 ");
  CHECK(networks("v=spf1 a:out.example.net/30//64 -all", {{{"out.example.net", DnsType::a}, {kFour}},
                                                          {{"out.example.net", DnsType::aaaa}, {kSix}}}) ==
        "192.0.2.4/30 2001:db8::/64 ");
  CHECK(networks("v=spf1 include:a.example ?ip4:203.0.113.0/24 redirect=b.example",
                 {{{"a.example", DnsType::txt}, {"verification=1", "v=spf1 ip4:192.0.2.0/24 -all"}},
                  {{"b.example", DnsType::txt}, {"v=spf1 ip4:198.51.100.0/24 -all"}}}) ==
        "192.0.2.0/24 198.51.100.0/24 ");
  // A redirect counts only where nothing says `all`; other qualifiers pass nobody.
  CHECK(networks("v=spf1 redirect=b.example -all", {{{"b.example", DnsType::txt}, {"v=spf1 +all"}}}).empty());
  CHECK(networks("v=spf1 -ip4:192.0.2.0/24 ~include:down.example ?all").empty());
}

TEST_CASE("spf_networks: what an earlier term excludes", "[spf]") {
  CHECK(networks("v=spf1 -ip4:192.0.2.128/25 ip4:192.0.2.0/24 -all") == "192.0.2.0/25 ");
  CHECK(networks("v=spf1 ?ip4:192.0.2.0/26 ip4:192.0.2.0/24 ip4:192.0.2.7 ip6:2001:db8::/32 -all") ==
        "192.0.2.64/26 192.0.2.128/25 2001:db8::/32 ");
  CHECK(networks("v=spf1 ip4:192.0.2.0/24 -ip4:192.0.2.128/25 -all") == "192.0.2.0/24 ");
  // A record that includes another one asks on.
  CHECK(networks("v=spf1 -ip4:192.0.2.0/26 include:a.example ip4:192.0.2.192/26 -all",
                 {{{"a.example", DnsType::txt}, {"v=spf1 -ip4:192.0.2.128/25 ip4:192.0.2.0/24 -all"}}}) ==
        "192.0.2.64/26 192.0.2.192/26 ");
  CHECK(networks("v=spf1 -ip4:192.0.2.0/25 redirect=a.example",
                 {{{"a.example", DnsType::txt}, {"v=spf1 ip4:192.0.2.0/24 -all"}}}) == "192.0.2.128/25 ");
  // Nothing is asked after `all`.
  CHECK(networks("v=spf1 ip4:192.0.2.0/24 -all ip4:198.51.100.0/24") == "192.0.2.0/24 ");
}

TEST_CASE("spf_networks: what DNS does not have", "[spf]") {
  const std::string why = "!its record names more than 2 hosts or domains that DNS does not have";
  CHECK(networks("v=spf1 a:v1 mx:v2 ip4:192.0.2.0/24 -all") == "192.0.2.0/24 ");
  CHECK(networks("v=spf1 a:v1 mx:v2 ip4:192.0.2.0/24 a:v3 -all") == why);
  // One kind of address is enough.
  CHECK(networks("v=spf1 a a:v1 a a:v2 a -all", {{{"example.net", DnsType::a}, {kFour}}}) == "192.0.2.7/32 ");
}

TEST_CASE("spf_networks: what is no network is left out, and said", "[spf]") {
  CHECK(networks("v=spf1 +all") == "[+all: everybody]");
  CHECK(networks("v=spf1 ip4:0.0.0.0/0 ip4:192.0.2.0/24 -all") == "192.0.2.0/24 [ip4:0.0.0.0/0: everybody]");
  CHECK(networks("v=spf1 exists:%{i}.x ptr include:%{d} -all") ==
        "[exists:%{i}.x: names no network][ptr: names no network][include:%{d}: depends on the message]");
}

TEST_CASE("spf_networks: a record of which a part cannot be had counts for nothing", "[spf]") {
  CHECK(networks("v=spf1 ip4:192.0.2.0/24 include:down.example -all") ==
        "!DNS does not answer for down.example");
  CHECK(networks("v=spf1 ip4:192.0.2.0/24 a:down.example -all") == "!DNS does not answer for down.example");
  CHECK(networks("v=spf1 ip4:192.0.2.0/24 include:none.example -all") == "!none.example has no SPF record");
  CHECK(networks("v=spf10 ip4:192.0.2.0/24 -all") == "!example.net has no SPF record");
  CHECK(networks("v=spf1 ip4:192.0.2.256 -all") ==
        "!its record has \"ip4:192.0.2.256\", which is no network");
  CHECK(networks("v=spf1 ipv4:192.0.2.1 -all") ==
        "!its record has \"ipv4:192.0.2.1\", which is no term of SPF");
  CHECK(text(spf_networks("example.net",
                          lookup({{{"example.net", DnsType::txt}, {"v=spf1 -all", "v=spf1 +all"}}}))) ==
        "!example.net has two SPF records");
  // Its own inclusion is one of ten, as are ten others.
  CHECK(networks("v=spf1 include:example.net -all") == "!its record asks DNS more than 10 times");
  const Records host{{{"example.net", DnsType::a}, {kFour}}};
  CHECK(networks("v=spf1 a a a a a a a a a a ip4:192.0.2.0/24 -all", host) == "192.0.2.7/32 192.0.2.0/24 ");
  CHECK(networks("v=spf1 a a a a a a a a a a a ip4:192.0.2.0/24 -all", host) ==
        "!its record asks DNS more than 10 times");
}

}  // namespace greylisting::ctl
