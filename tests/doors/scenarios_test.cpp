// The plugin's decisions, on every store: the same history has the same answers, those of greylisting 0.5.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"
#include "tests/support/scenario.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

ListEntry expired(ListEntry entry) {
  entry.record_expires = "2015-05-19 21:07:00";
  return entry;
}

ListEntry for_both(ListEntry entry, std::string domain) {
  entry.domain = std::move(domain);
  return entry;
}

// Words, so that none is a random token: `long-long-long-…`.
std::string much(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "long-";
  return text.substr(0, size);
}

// 300 bytes each; the first 255 and more are the same.
const std::string kLong1 = much(281) + "a@long.example.net.";
const std::string kLong2 = much(281) + "b@long.example.net.";
const std::string kLong3 = much(299) + "c";

const std::vector<Scenario> kScenarios{
    // Who is greylisted at all.
    {"a client that may relay or has authenticated, and a recipient that qmail will refuse, are not "
     "greylisted",
     "",
     {deny_network("192.0.2.1")},
     {attempt({.environment = {{"RELAYCLIENT", ""}}}, ignored()),
      attempt({.environment = {{"SMTPAUTHUSER", "alice"}}}, ignored()),
      attempt({.environment = {{"SMTPRCPTHOSTSOK", "0"}}}, ignored()),
      attempt({.environment = {{"RBLRESULT", "delay"}}}, ignored()),
      attempt({.environment = {{"RBLRESULT", "reject"}}}, ignored()), counts({})}},

    // A triplet's life.
    {"a new triplet is deferred, its retries too until its block is over, then it passes",
     "",
     {},
     {attempt(deferred("new")), counts({{"1", "0"}}), attempt(deferred("early")), pass(54min),
      attempt(deferred("early")), counts({{"3", "0"}}), pass(2min), attempt(accepted("retried")),
      counts({{"3", "1"}}), attempt(accepted("known")), counts({{"3", "2"}})}},
    {"block_expire=0 blocks for the rest of the second",
     "block_expire=0",
     {},
     {attempt(deferred("new")), pass(1s), attempt(accepted("retried"))}},
    {"a variable wins over the control file",
     "block_expire=300",
     {},
     {attempt({.environment = {{"GLBLOCKEXPIRE", "2"}}}, deferred("new")), pass(3min),
      attempt(accepted("retried"))}},
    {"a record that has not passed within record_expire starts anew",
     "",
     {},
     {attempt(deferred("new")), attempt(deferred("early")), pass(499min), attempt(accepted("retried"))}},
    {"a record that has expired starts anew, counters and block too",
     "",
     {},
     {attempt({.client = "192.0.2.7"}, deferred("new")), attempt(deferred("early")), pass(501min),
      attempt({.client = "192.0.2.9"}, deferred("new")), counts({{"1", "0"}}),
      Stored{"SELECT HEX(relay_ip) FROM greylisting_data", {{"C0000209"}}}, attempt(deferred("early")),
      pass(56min), attempt(accepted("retried")), counts({{"2", "1"}})}},
    {"a record that has passed lives for record_expire_good after each pass",
     "",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), pass(days(36) - 1min),
      attempt(accepted("known")), pass(days(36) - 1min), attempt(accepted("known")), counts({{"1", "3"}}),
      pass(days(36) + 1min), attempt(deferred("new")), counts({{"1", "0"}})}},
    {"record_expire and record_expire_good are as set",
     "block_expire=2\nrecord_expire=10\nrecord_expire_good=1",
     {},
     {attempt(deferred("new")), pass(11min), attempt(deferred("new")), pass(9min),
      attempt(accepted("retried")), pass(23h), attempt(accepted("known")), pass(25h),
      attempt(deferred("new"))}},
    {"a deferral does not prolong a record's life",
     "block_expire=30\nrecord_expire=40",
     {},
     {attempt(deferred("new")), pass(25min), attempt(deferred("early")), pass(16min),
      attempt(deferred("new"))}},

    // What makes attempts the same triplet.
    {"the /24 of an IPv4 client counts",
     "",
     {},
     {attempt({.client = "192.0.2.1"}, deferred("new")), pass(1h),
      attempt({.client = "192.0.3.1"}, deferred("new")), attempt({.client = "192.0.1.255"}, deferred("new")),
      attempt({.client = "192.0.2.255"}, accepted("retried")),
      attempt({.client = "192.0.2.0"}, accepted("known"))}},
    {"the /64 of an IPv6 client counts",
     "",
     {},
     {attempt({.client = "2001:db8:0:1::1"}, deferred("new")), pass(1h),
      attempt({.client = "2001:db8:0:2::1"}, deferred("new")),
      attempt({.client = "2001:db8::ffff:1"}, deferred("new")),
      attempt({.client = "2001:db8:0:1:ffff:ffff:ffff:ffff"}, accepted("retried"))}},
    {"ipv4_prefix and ipv6_prefix set the network that counts",
     "ipv4_prefix=20\nipv6_prefix=126",
     {},
     {attempt({.client = "192.0.0.1"}, deferred("new")), attempt({.client = "2001:db8::1"}, deferred("new")),
      pass(1h), attempt({.client = "192.0.15.255"}, accepted("retried")),
      attempt({.client = "192.0.16.0"}, deferred("new")),
      attempt({.client = "2001:db8::3"}, accepted("retried")),
      attempt({.client = "2001:db8::4"}, deferred("new"))}},
    {"with ipv4_prefix=32 only the very address counts",
     "ipv4_prefix=32",
     {},
     {attempt({.client = "192.0.2.1"}, deferred("new")), pass(1h),
      attempt({.client = "192.0.2.2"}, deferred("new")),
      attempt({.client = "192.0.2.1"}, accepted("retried"))}},
    {"an IPv4-mapped client is the IPv4 client",
     "",
     {allow_network("198.51.100.0/24")},
     {attempt({.client = "::ffff:192.0.2.1"}, deferred("new")),
      Stored{"SELECT HEX(relay_ip) FROM greylisting_data", {{"C0000201"}}},
      attempt({.client = "192.0.2.2"}, deferred("early")),
      attempt({.client = "::ffff:c000:203"}, deferred("early")),
      attempt({.client = "::ffff:198.51.100.1"}, accepted("allowed")), counts({{"3", "0"}})}},
    {"a client of NAT64 is the IPv4 client, and a network the IPv4 network",
     "",
     {deny_network("64:ff9b::198.51.100.0/120"), allow_network("203.0.113.0/24"),
      deny_network("64:ff9b::10.0.0.0/24")},
     {attempt({.client = "64:ff9b::192.0.2.1"}, deferred("new")),
      Stored{"SELECT HEX(relay_ip) FROM greylisting_data", {{"C0000201"}}},
      attempt({.client = "192.0.2.2"}, deferred("early")),
      attempt({.client = "64:ff9b::c000:203"}, deferred("early")),
      attempt({.client = "198.51.100.7"}, rejected()),
      attempt({.client = "64:ff9b::203.0.113.1"}, accepted("allowed")),
      attempt({.client = "10.0.0.1"}, deferred("new")), put({"deny", "client", "64:ff9b::192.0.3.0/120"}),
      attempt({.client = "192.0.3.1"}, rejected()),
      write("control/greylisting_deny", "64:ff9b::192.0.4.0/120\n"),
      attempt({.client = "192.0.4.1"}, rejected())}},
    {"a record that was first seen in the future is blocked from now for no longer than a block",
     "block_expire=5",
     {},
     {attempt(deferred("new")),
      Sql{"UPDATE greylisting_data SET create_time = '2037-01-01 00:00:00', block_expires = '2037-01-01 "
          "00:05:00', record_expires = '2037-01-03 00:00:00'"},
      attempt(deferred("early")), pass(6min), attempt(accepted("retried"))}},
    {"a record that is blocked for longer than any block that applies is blocked from now for a block",
     "block_expire=5",
     {},
     {attempt({.environment = {{"GLBLOCKEXPIRE", "400"}}}, deferred("new")), pass(1min),
      attempt(deferred("early")), pass(6min), attempt(accepted("retried"))}},
    {"another sender or another recipient is another triplet",
     "",
     {},
     {attempt(deferred("new")), pass(1h), attempt({.sender = "carol@example.net"}, deferred("new")),
      attempt({.recipient = "dave@example.org"}, deferred("new")), attempt(accepted("retried"))}},
    {"letters' case makes no difference",
     "",
     {},
     {attempt({.sender = "Alice@Example.NET", .recipient = "BOB@example.org"}, deferred("new")), pass(1h),
      attempt({.sender = "alice@example.net", .recipient = "bob@EXAMPLE.org"}, accepted("retried")),
      Stored{"SELECT mail_from, rcpt_to FROM greylisting_data", {{"alice@example.net", "bob@example.org"}}}}},
    {"BATV tags make no difference",
     "",
     {},
     {attempt({.sender = "prvs=0123456789=alice@example.net"}, deferred("new")),
      attempt({.sender = "prvs=1111aaaaaa=alice@example.net"}, deferred("early")),
      attempt({.sender = "PRVS=alice/2222bbbbbb@example.net"}, deferred("early")),
      attempt({.sender = "prvs=carol/2222bbbbbb@example.net"}, deferred("new")), pass(1h),
      attempt({.sender = "alice@example.net"}, accepted("retried")),
      Stored{"SELECT mail_from FROM greylisting_data", {{"alice@example.net"}, {"carol@example.net"}}}}},
    {"the null sender is a sender",
     "",
     {},
     {attempt({.sender = ""}, deferred("new")), pass(1h), attempt(deferred("new")),
      attempt({.sender = ""}, accepted("retried")),
      Stored{"SELECT mail_from FROM greylisting_data", {{""}, {"alice@example.net"}}}}},

    // What is stored.
    {"a record says who wrote to whom",
     "",
     {},
     {attempt({.client = "192.0.2.77"}, deferred("new")), attempt({.client = "2001:db8::a"}, deferred("new")),
      Stored{"SELECT HEX(relay_ip), mail_from, rcpt_to, aborted_count FROM greylisting_data",
             {{"C000024D", "alice@example.net", "bob@example.org", "0"},
              {"20010DB800000000000000000000000A", "alice@example.net", "bob@example.org", "0"}}}}},
    {"any byte can occur in an address, and none does harm",
     "",
     {},
     {attempt({.sender = "j\xc3\xb6rg\xff@example.net", .recipient = "a\\\"' \t\x01\x7f@example.org"},
              deferred("new")),
      attempt({.sender = "j\xc3\xb6rg\xfe@example.net", .recipient = "a\\\"' \t\x01\x7f@example.org"},
              deferred("new")),
      attempt({.sender = "'; DROP TABLE greylisting_data; --@example.net"}, deferred("new")),
      attempt({.sender = ":recipient@example.net", .recipient = ":sender@:domain"}, deferred("new")),
      pass(1h),
      attempt({.sender = "j\xc3\xb6rg\xff@example.net", .recipient = "a\\\"' \t\x01\x7f@example.org"},
              accepted("retried")),
      attempt({.sender = "J\xc3\xb6RG\xff@example.net", .recipient = "a\\\"' \t\x01\x7f@example.org"},
              accepted("known")),
      attempt({.sender = "j\xc3\x96rg\xff@example.net", .recipient = "a\\\"' \t\x01\x7f@example.org"},
              deferred("new")),
      attempt({.sender = "'; DROP TABLE greylisting_data; --@example.net"}, accepted("retried")),
      attempt({.sender = ":recipient@example.net", .recipient = ":sender@:domain"}, accepted("retried")),
      Stored{"SELECT mail_from, rcpt_to FROM greylisting_data",
             {{R"(j\xc3\xb6rg\xff@example.net)", R"(a\x5c"'\x20\x09\x01\x7f@example.org)"},
              {R"(j\xc3\xb6rg\xfe@example.net)", R"(a\x5c"'\x20\x09\x01\x7f@example.org)"},
              {R"(';\x20drop\x20table\x20greylisting_data;\x20--@example.net)", "bob@example.org"},
              {":recipient@example.net", ":sender@:domain"},
              {R"(j\xc3\x96rg\xff@example.net)", R"(a\x5c"'\x20\x09\x01\x7f@example.org)"}}}}},
    {"addresses too long for their columns are still told apart",
     "",
     {},
     {attempt({.sender = kLong1}, deferred("new")), attempt({.sender = kLong2}, deferred("new")), pass(1h),
      attempt({.sender = kLong3}, deferred("new")), attempt({.recipient = kLong2}, deferred("new")),
      attempt({.recipient = kLong3}, deferred("new")), attempt({.sender = kLong2}, accepted("retried")),
      attempt({.sender = kLong1}, accepted("retried")),
      counts({{"1", "1"}, {"1", "1"}, {"1", "0"}, {"1", "0"}, {"1", "0"}}),
      Stored{"SELECT DISTINCT SUBSTR(mail_from, 1, 255) FROM greylisting_data WHERE mail_from LIKE 'long-%'",
             {{much(255)}}},
      Stored{"SELECT DISTINCT SUBSTR(rcpt_to, 1, 255) FROM greylisting_data WHERE rcpt_to LIKE 'long-%'",
             {{much(255)}}}}},

    // Lists.
    {"an address is allowed or denied at once, and leaves no record",
     "",
     {allow_network("192.0.2.1"), deny_network("192.0.2.2"), allow_network("2001:db8::1"),
      deny_network("2001:db8::2")},
     {attempt({.client = "192.0.2.1"}, accepted("allowed")), attempt({.client = "192.0.2.2"}, rejected()),
      attempt({.client = "2001:db8::1"}, accepted("allowed")), attempt({.client = "2001:db8::2"}, rejected()),
      counts({}), attempt({.client = "192.0.2.3"}, deferred("new")),
      attempt({.client = "2001:db8::3"}, deferred("new"))}},
    {"an entry decides for a triplet that has a record, too",
     "",
     {},
     {attempt(deferred("new")), add(allow_network("192.0.2.1")), attempt(accepted("allowed")),
      Sql{"DELETE FROM greylisting_lists"}, add(deny_network("192.0.2.0/24")), pass(1h), attempt(rejected()),
      counts({{"1", "0"}}), Sql{"DELETE FROM greylisting_lists"}, attempt(accepted("retried"))}},
    {"a network reaches from its first to its last address",
     "",
     {deny_network("192.0.2.64/26"), deny_network("2001:db8:40::/42")},
     {attempt({.client = "192.0.2.63"}, deferred("new")), attempt({.client = "192.0.2.64"}, rejected()),
      attempt({.client = "192.0.2.127"}, rejected()), attempt({.client = "192.0.2.128"}, deferred("early")),
      attempt({.client = "2001:db8:3f:ffff:ffff:ffff:ffff:ffff"}, deferred("new")),
      attempt({.client = "2001:db8:40::"}, rejected()),
      attempt({.client = "2001:db8:7f:ffff:ffff:ffff:ffff:ffff"}, rejected()),
      attempt({.client = "2001:db8:80::"}, deferred("new"))}},
    {"a network may be as small as an address and as large as all of IPv4 or IPv6",
     "",
     {deny_network("0.0.0.0/0"), allow_network("192.0.2.1/32"), allow_network("::/0"),
      deny_network("2001:db8::1/128"), allow_network("128.0.0.0/1")},
     {attempt({.client = "127.255.255.255"}, rejected()), attempt({.client = "0.0.0.0"}, rejected()),
      attempt({.client = "255.255.255.255"}, accepted("allowed")),
      attempt({.client = "2001:db8::1"}, rejected()), attempt({.client = "2001:db8::2"}, accepted("allowed")),
      attempt({.client = "::"}, accepted("allowed")),
      Sql{"DELETE FROM greylisting_lists WHERE ipaddr = '128.0.0.0/1'"},
      attempt({.client = "192.0.2.1"}, accepted("allowed")), attempt({.client = "192.0.2.2"}, rejected())}},
    {"the longest prefix decides, whichever way networks are nested",
     "",
     {allow_network("192.0.2.16/28"), deny_network("192.0.2.0/24"), allow_network("192.0.0.0/16"),
      deny_network("192.0.2.20"), allow_network("2001:db8::/32"), deny_network("2001:db8:1::/48"),
      allow_network("2001:db8:1:2::/64")},
     {attempt({.client = "192.0.3.1"}, accepted("allowed")), attempt({.client = "192.0.2.1"}, rejected()),
      attempt({.client = "192.0.2.17"}, accepted("allowed")), attempt({.client = "192.0.2.20"}, rejected()),
      attempt({.client = "192.0.2.31"}, accepted("allowed")), attempt({.client = "192.0.2.32"}, rejected()),
      attempt({.client = "2001:db8:2::1"}, accepted("allowed")),
      attempt({.client = "2001:db8:1::1"}, rejected()),
      attempt({.client = "2001:db8:1:2::1"}, accepted("allowed"))}},
    {"networks that begin alike are told apart by their prefix",
     "",
     {deny_network("10.0.0.0/8"), allow_network("10.0.0.0/16"), deny_network("10.0.0.0/24"),
      allow_network("10.0.0.0/32")},
     {attempt({.client = "10.0.0.0"}, accepted("allowed")), attempt({.client = "10.0.0.1"}, rejected()),
      attempt({.client = "10.0.1.0"}, accepted("allowed")), attempt({.client = "10.1.0.0"}, rejected()),
      attempt({.client = "11.0.0.0"}, deferred("new"))}},
    {"bits after a network's prefix make no difference",
     "",
     {deny_network("192.0.2.77/24"), deny_network("2001:db8::77/64"), deny_network("198.51.100.7/31")},
     {attempt({.client = "192.0.2.0"}, rejected()), attempt({.client = "192.0.2.255"}, rejected()),
      attempt({.client = "192.0.3.0"}, deferred("new")), attempt({.client = "2001:db8::1"}, rejected()),
      attempt({.client = "2001:db8:0:1::77"}, deferred("new")),
      attempt({.client = "198.51.100.6"}, rejected()), attempt({.client = "198.51.100.8"}, deferred("new"))}},
    {"an IPv4-mapped network is the IPv4 network",
     "",
     {deny_network("::ffff:192.0.2.0/120"), deny_network("::ffff:198.51.100.1"),
      allow_network("::ffff:198.51.0.0/112")},
     {attempt({.client = "192.0.2.255"}, rejected()), attempt({.client = "::ffff:192.0.2.1"}, rejected()),
      attempt({.client = "192.0.3.0"}, deferred("new")), attempt({.client = "198.51.100.1"}, rejected()),
      attempt({.client = "198.51.100.2"}, accepted("allowed"))}},
    {"blanks around a network make no difference",
     "",
     {deny_network(" 192.0.2.0/24 "), deny_network("2001:db8::1 "), deny_network(" 2001:db8:1::/48")},
     {attempt(rejected()), attempt({.client = "2001:db8::1"}, rejected()),
      attempt({.client = "2001:db8:1::1"}, rejected())}},
    {"what is not a network never matches",
     "",
     {deny_network("192.0.2.0/33"), deny_network("192.0.2.0/"), deny_network("192.0.2.0/-1"),
      deny_network("192.0.2.0/x"), deny_network("192.0.2"), deny_network("192.0.2.1.1"),
      deny_network("mail.example.net"), deny_network(""), deny_network("/0"), deny_network("2001:db8::/129"),
      deny_network("2001:db8::1::1"), deny_network("192.0.2.0/24/8"), deny_network("::ffff:192.0.2.0/24"),
      deny_network("::/128/0"), deny_network("::ffff:192.0.2.0/95"), deny_network("::ffff:192.0.2.1/129")},
     {attempt(deferred("new")), attempt({.client = "2001:db8::1"}, deferred("new")),
      attempt({.client = "::"}, deferred("new"))}},
    {"an entry whose ipaddr is changed matches what it says then",
     "",
     {deny_network("192.0.2.1"), deny_network("nonsense")},
     {attempt(rejected()),
      Sql{"UPDATE greylisting_lists SET ipaddr = '198.51.100.0/24' WHERE ipaddr = '192.0.2.1'"},
      attempt(deferred("new")), attempt({.client = "198.51.100.1"}, rejected()),
      Sql{"UPDATE greylisting_lists SET ipaddr = '2001:db8::/32' WHERE ipaddr = 'nonsense'"},
      attempt({.client = "2001:db8::1"}, rejected()),
      Sql{"UPDATE greylisting_lists SET ipaddr = 'nonsense again'"},
      attempt({.client = "198.51.100.1"}, deferred("new")),
      attempt({.client = "2001:db8::1"}, deferred("new"))}},
    {"the recipient's domain is allowed or denied, its subdomains are not",
     "",
     {allow_domain("example.org"), deny_domain("example.com")},
     {attempt(accepted("allowed")), attempt({.recipient = "bob@Example.ORG"}, accepted("allowed")),
      attempt({.recipient = "bob@example.com"}, rejected()),
      attempt({.recipient = "bob@sub.example.org"}, deferred("new")),
      attempt({.recipient = "bob@ample.org"}, deferred("new")),
      attempt({.recipient = "example.org@example.info"}, deferred("new")),
      attempt({.sender = "alice@example.com", .recipient = "bob@example.info"}, deferred("new"))}},
    {"an entry's domain may be written in capitals", "", {deny_domain("EXAMPLE.Org")}, {attempt(rejected())}},
    {"a network goes before a domain, however long its prefix is",
     "",
     {deny_domain("example.org"), allow_network("192.0.0.0/8"), allow_domain("example.com"),
      deny_network("198.0.0.0/8")},
     {attempt({.client = "192.0.2.1"}, accepted("allowed")), attempt({.client = "203.0.113.1"}, rejected()),
      attempt({.client = "198.51.100.1", .recipient = "bob@example.com"}, rejected()),
      attempt({.client = "203.0.113.1", .recipient = "bob@example.com"}, accepted("allowed"))}},
    {"an entry with both a network and a domain matches either",
     "",
     {for_both(deny_network("192.0.2.0/24"), "example.com")},
     {attempt(rejected()), attempt({.client = "203.0.113.1", .recipient = "bob@example.com"}, rejected()),
      attempt({.client = "203.0.113.1"}, deferred("new"))}},
    {"expired entries count no more",
     "",
     {expired(deny_network("192.0.2.1")), expired(deny_domain("example.org")), allow_network("192.0.0.0/16")},
     {attempt(accepted("allowed")), Sql{"DELETE FROM greylisting_lists WHERE ipaddr = '192.0.0.0/16'"},
      attempt(deferred("new"))}},

    // explicit=1: only listed domains are greylisted.
    {"with explicit, who is not listed is accepted and leaves no record",
     "explicit=1",
     {},
     {attempt(accepted("not-listed")), counts({}), add(allow_domain("example.com")),
      attempt(accepted("not-listed")), counts({})}},
    {"with explicit, a listed domain is greylisted",
     "explicit=1",
     {allow_domain("example.org")},
     {attempt(deferred("new")), attempt({.recipient = "bob@EXAMPLE.org"}, deferred("early")),
      attempt({.recipient = "bob@example.com"}, accepted("not-listed")), pass(1h),
      attempt(accepted("retried")), attempt(accepted("known")), counts({{"2", "2"}})}},
    {"with explicit, a denied domain is denied",
     "explicit=1",
     {deny_domain("example.org")},
     {attempt(rejected()), counts({})}},
    {"with explicit, networks are allowed and denied before domains are looked at",
     "explicit=1",
     {allow_domain("example.org"), allow_network("192.0.2.0/24"), deny_network("198.51.100.0/24")},
     {attempt({.client = "192.0.2.1"}, accepted("allowed")), attempt({.client = "198.51.100.1"}, rejected()),
      attempt({.client = "198.51.100.1", .recipient = "bob@example.com"}, rejected()),
      attempt({.client = "203.0.113.1"}, deferred("new"))}},
    {"with explicit, an expired domain is not listed",
     "explicit=1",
     {expired(allow_domain("example.org"))},
     {attempt(accepted("not-listed"))}},

    // Answers.
    {"the answers are as set",
     "defer_message=450 greylisted at %r, 100%% sure\nreject_message=550 go away from %r",
     {deny_network("198.51.100.1")},
     {attempt({.recipient = "bob@Example.ORG"},
              deferred("new", "E450 greylisted at example.org, 100% sure\n")),
      attempt({.recipient = "bob@Example.ORG"},
              deferred("early", "E450 greylisted at example.org, 100% sure\n")),
      attempt({.client = "198.51.100.1"}, rejected("E550 go away from example.org\n"))}},
};

}  // namespace

TEST_CASE("every store gives the same answers to the same history", "[integration][scenarios]") {
  play(kScenarios);
}

TEST_CASE("%s is the time until the block is over", "[integration][scenarios]") {
  const Backend backend = any_backend();
  INFO(name(backend));
  const Installation installation(backend, "block_expire=10\ndefer_message=451 come back in %s seconds");
  installation.attempt();
  installation.pass_time(5min);
  const Result result = installation.attempt();
  INFO(result.output << result.errors);
  // The second in which the block ends is deferred, too; clocks may have gone on a few seconds in between.
  const int left = std::stoi(logged(result, "left"));
  CHECK(left <= 301);
  CHECK(left > 240);
  CHECK(result.output == "E451 come back in " + std::to_string(left) + " seconds\n");
}

// The second in which block_expires and record_expires fall. A try in which the store's clock went on
// meanwhile says nothing, so it is made again.
TEST_CASE("a block ends after its last second, a record with its last second", "[integration][scenarios]") {
  const Backend backend = any_backend();
  struct Moment {
    int block_expires;   // seconds from now
    int record_expires;  // likewise
    std::string reason;
  };
  const Moment moment = GENERATE(values<Moment>({{1, 60, "early"},
                                                 {0, 60, "early"},
                                                 {-1, 60, "retried"},
                                                 {-1, 1, "retried"},
                                                 {-1, 0, "new"},
                                                 {60, 1, "early"},
                                                 {60, 0, "new"}}));
  INFO(name(backend) << ' ' << moment.block_expires << ' ' << moment.record_expires);
  const Installation installation(backend);
  Result result;
  std::string before;
  do {
    installation.sql("DELETE FROM greylisting_data");
    installation.attempt();
    before = installation.now();
    installation.sql(
        "UPDATE greylisting_data SET block_expires = " + installation.seconds_from_now(moment.block_expires) +
        ", record_expires = " + installation.seconds_from_now(moment.record_expires));
    result = installation.attempt();
  } while (installation.now() != before);
  INFO(result.errors);
  CHECK(logged(result, "reason") == moment.reason);
}

// The same for entries: one that ends this very second has ended; one whose block ends this second still
// denies.
TEST_CASE("an entry counts until its record_expires and denies until its block_expires",
          "[integration][scenarios]") {
  const Backend backend = any_backend();
  struct Moment {
    int block_expires;
    int record_expires;
    std::string reason;
  };
  const Moment moment = GENERATE(values<Moment>(
      {{1, 60, "denied"}, {0, 60, "denied"}, {-1, 60, "allowed"}, {-1, 1, "allowed"}, {60, 0, "new"}}));
  INFO(name(backend) << ' ' << moment.block_expires << ' ' << moment.record_expires);
  const Installation installation(backend);
  installation.add(deny_network("192.0.2.0/24"));
  Result result;
  std::string before;
  do {
    installation.sql("DELETE FROM greylisting_data");
    before = installation.now();
    installation.sql("UPDATE greylisting_lists SET block_expires = " +
                     installation.seconds_from_now(moment.block_expires) +
                     ", record_expires = " + installation.seconds_from_now(moment.record_expires));
    result = installation.attempt();
  } while (installation.now() != before);
  INFO(result.errors);
  CHECK(logged(result, "reason") == moment.reason);
}

TEST_CASE("a strict server makes no difference", "[integration][scenarios]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  const std::string mode =
      GENERATE("STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,ANSI_QUOTES",
               "TRADITIONAL,ONLY_FULL_GROUP_BY,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES");
  DatabaseServer& server = DatabaseServer::shared(kind);
  INFO((kind == ServerKind::mariadb ? "MariaDB " : "MySQL 5.6 ") << mode);
  const GlobalVariable strict(server, "sql_mode", '\'' + mode + '\'');
  const Installation installation(server);

  // The time of 0.5's documentation, all zeros, is refused by such a server; any time in the past does as
  // well.
  const auto insert = [&](const std::string& ipaddr, const std::string& rcpt_to,
                          const std::string& block_expires) {
    installation.sql("INSERT INTO greylisting_lists VALUES (0, " + ipaddr + ", NULL, NULL, NULL, " + rcpt_to +
                     ", '" + block_expires + "', '9999-12-31 23:59:59', NOW(), NOW(), 'an entry')");
  };
  insert("'198.51.100.0/24'", "NULL", "1970-01-01 00:00:00");
  insert("'198.51.100.77/32'", "NULL", "9999-12-31 23:59:59");
  insert("'2001:db8::/32'", "NULL", "9999-12-31 23:59:59");
  insert("'nonsense'", "NULL", "9999-12-31 23:59:59");
  insert("'192.0.2.0/33'", "NULL", "9999-12-31 23:59:59");
  insert("NULL", "'example.com'", "9999-12-31 23:59:59");

  const auto reason = [&](const Rcpt& rcpt) {
    const Result result = installation.attempt(rcpt);
    INFO(result.errors);
    CHECK(lines(result.errors) == 1);
    return logged(result, "reason");
  };
  CHECK(reason({.client = "198.51.100.1"}) == "allowed");
  CHECK(reason({.client = "198.51.100.77"}) == "denied");
  CHECK(reason({.client = "2001:db8::1"}) == "denied");
  CHECK(reason({.recipient = "bob@example.com"}) == "denied");
  CHECK(reason({.sender = kLong2, .recipient = kLong2}) == "new");
  CHECK(reason({.sender = "\xff\\"}) == "new");
  CHECK(reason({}) == "new");
  CHECK(reason({}) == "early");
  installation.pass_time(1h);
  CHECK(reason({}) == "retried");
  CHECK(reason({}) == "known");
  installation.pass_time(days(37));
  CHECK(reason({}) == "new");
}

// A server whose mode became strict when the zero times were already there.
TEST_CASE("entries with times of zero still count when the server becomes strict",
          "[integration][scenarios]") {
  const ServerKind kind = GENERATE(ServerKind::mariadb, ServerKind::mysql56);
  DatabaseServer& server = DatabaseServer::shared(kind);
  const Installation installation(server);
  installation.add(allow_network("198.51.100.0/24"));
  installation.add(allow_domain("example.com"));
  const GlobalVariable strict(server, "sql_mode", "'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'");
  CHECK(logged(installation.attempt({.client = "198.51.100.1"}), "reason") == "allowed");
  CHECK(logged(installation.attempt({.recipient = "bob@example.com"}), "reason") == "allowed");
  CHECK(logged(installation.attempt(), "reason") == "new");
}

}  // namespace greylisting::test
