// judgement_test: who is judged how: entries of greylisting_entries and files, trust, traps, pools, what has
// to match, and who need not be greylisted. The same on every store.

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/scenario.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

// A client whose name tcpserver has verified.
Rcpt named(std::string client, std::string name) {
  return {.client = std::move(client), .environment = {{"TCPREMOTEHOST", std::move(name)}}};
}

Rcpt with(Rcpt rcpt, std::map<std::string, std::string> environment) {
  rcpt.environment.merge(environment);
  return rcpt;
}

const std::map<std::string, std::string> kSpfPass{{"SPFRESULT", "pass"}};

// An attempt of alice@example.net that SPF has confirmed.
Rcpt vouched(std::string client, std::string sender = "alice@example.net") {
  return {.client = std::move(client), .sender = std::move(sender), .environment = kSpfPass};
}

const std::vector<Scenario> kEntries{
    {"a sender is allowed or denied by address, local part, domain, subdomain or regular expression",
     "",
     {},
     {put({"deny", "sender", "spam@example.net"}),
      put({"deny", "sender", "robot@"}),
      put({"deny", "sender", "bulk.example"}),
      put({"deny", "sender", "=only.example"}),
      put({"deny", "sender", "*.below.example"}),
      put({"deny", "sender", "/^promo-[0-9]+@/"}),
      put({"allow", "sender", "friend@bulk.example"}),
      attempt({.sender = "Spam@Example.NET"}, rejected(kRejection, "denied", "entries/1")),
      attempt({.sender = "spam+7@example.net"}, rejected()),
      attempt({.sender = "spammer@example.net"}, deferred("new")),
      attempt({.sender = "robot@any.example"}, rejected()),
      attempt({.sender = "x@bulk.example"}, rejected()),
      attempt({.sender = "x@a.b.bulk.example"}, rejected()),
      attempt({.sender = "x@notbulk.example"}, deferred("new")),
      attempt({.sender = "x@only.example"}, rejected()),
      attempt({.sender = "x@sub.only.example"}, deferred("new")),
      attempt({.sender = "x@sub.below.example"}, rejected()),
      attempt({.sender = "x@below.example"}, deferred("new")),
      attempt({.sender = "promo-17@example.org"}, rejected(kRejection, "denied", "entries/6")),
      attempt({.sender = "friend@bulk.example"}, accepted("allowed", "entries/7"))}},
    {"a recipient likewise",
     "",
     {},
     {put({"allow", "recipient", "postmaster@"}), put({"allow", "recipient", "bob@example.org"}),
      put({"deny", "recipient", "closed.example"}), put({"allow", "recipient", "/^code-/"}),
      attempt({.recipient = "postmaster@any.example"}, accepted("allowed", "entries/1")),
      attempt({.recipient = "bob+list@example.org"}, accepted("allowed", "entries/2")),
      attempt({.recipient = "x@sub.closed.example"}, rejected(kRejection, "denied", "entries/3")),
      attempt({.recipient = "code-9@example.org"}, accepted("allowed", "entries/4")),
      attempt({.recipient = "carol@example.org"}, deferred("new"))}},
    {"an address with an extension is more specific than the same without",
     "",
     {},
     {put({"deny", "sender", "list@example.net"}), put({"allow", "sender", "list+ok@example.net"}),
      put({"deny", "recipient", "team@"}), put({"allow", "recipient", "team+ok@"}),
      attempt({.sender = "list@example.net"}, rejected()),
      attempt({.sender = "list+other@example.net"}, rejected(kRejection, "denied", "entries/1")),
      attempt({.sender = "list+ok@example.net"}, accepted("allowed", "entries/2")),
      attempt({.recipient = "team+other@example.org"}, rejected(kRejection, "denied", "entries/3")),
      attempt({.recipient = "team+ok@example.org"}, accepted("allowed", "entries/4"))}},
    {"a client is denied by name, also when the name is not believed",
     "",
     {},
     {put({"deny", "client", "=bad.example.net"}), put({"deny", "client", "dsl.example.net"}),
      put({"deny", "client", "/^host-[0-9]+\\./"}),
      attempt(named("192.0.2.1", "Bad.Example.NET"), rejected()),
      attempt(named("192.0.2.1", "notbad.example.net"), deferred("new")),
      attempt(named("192.0.2.1", "a.dsl.example.net"), rejected()),
      attempt(named("192.0.2.1", "host-12.example.org"), rejected(kRejection, "denied", "entries/3"))}},
    {"a client is allowed by name only where tcpserver verifies names",
     "",
     {},
     {put({"allow", "client", "good.example.net"}), put({"allow", "client", "/^mta[0-9]\\./"}),
      write("control/greylisting_allow", "file.example.net\n"),
      attempt(named("192.0.2.1", "a.good.example.net"), deferred("new")),
      attempt(named("192.0.2.1", "mta1.example.net"), deferred("early")),
      attempt(named("192.0.2.1", "x.file.example.net"), deferred("early")),
      attempt(with(named("192.0.2.1", "x.file.example.net"), {{"GLTRUSTREMOTEHOST", "paranoid"}}),
              accepted("allowed", "control/greylisting_allow:1")),
      attempt(with(named("192.0.2.1", "a.good.example.net"), {{"GLTRUSTREMOTEHOST", "paranoid"}}),
              accepted("allowed", "entries/1")),
      attempt(with(named("192.0.2.1", "mta1.example.net"), {{"GLTRUSTREMOTEHOST", "paranoid"}}),
              accepted("allowed", "entries/2"))}},
    {"a client without a name is denied with a text of one's own",
     "",
     {},
     {put({.action = "deny", .word = "client", .pattern = "<>", .reply = "550 get a reverse name"}),
      attempt(rejected("E550 get a reverse name\n")),
      attempt(named("192.0.2.1", "mail.example.net"), deferred("new"))}},
    {"short networks, and networks beside those of greylisting_lists",
     "",
     {allow_network("198.51.0.0/16")},
     {put({"allow", "client", "195.235.39"}), put({"deny", "client", "198.51.100.0/24"}),
      put({"allow", "client", "198.51.100.7"}), put({"deny", "client", "2001:db8::/32"}),
      attempt({.client = "195.235.39.200"}, accepted("allowed")),
      attempt({.client = "195.235.40.1"}, deferred("new")), attempt({.client = "198.51.100.8"}, rejected()),
      attempt({.client = "198.51.100.7"}, accepted("allowed", "entries/3")),
      attempt({.client = "198.51.1.1"}, accepted("allowed", "lists/1")),
      attempt({.client = "2001:db8:1::1"}, rejected())}},
    {"the most specific entry counts, and of equals the one that denies",
     "trust_remote_host=paranoid",
     {},
     {put({"deny", "client", "192.0.2.0/24"}), put({"allow", "sender", "alice@example.net"}),
      attempt(accepted("allowed", "entries/2")), attempt({.sender = "x@example.net"}, rejected()),
      put({"allow", "sender", "example.net"}), attempt({.sender = "x@example.net"}, rejected()),
      put({"deny", "sender", "alice@example.net"}), attempt(rejected(kRejection, "denied", "entries/4")),
      put({"allow", "client", "mail.example.net"}), put({"deny", "sender", "example.com"}),
      put({"deny", "recipient", "example.org"}),
      attempt(with(named("198.51.100.1", "mail.example.net"), {{"SMTPMAILFROM", "x@example.com"}}),
              accepted("allowed", "entries/5")),
      attempt({.client = "203.0.113.1", .sender = "x@example.com"},
              rejected(kRejection, "denied", "entries/6")),
      attempt({.client = "203.0.113.1", .sender = "y@example.net"}, accepted("allowed", "entries/3")),
      attempt({.client = "203.0.113.1", .sender = "z@example.info"},
              rejected(kRejection, "denied", "entries/7"))}},
    {"an entry's own text, and one that is over",
     "",
     {},
     {put({.action = "deny", .word = "client", .pattern = "192.0.2.1", .reply = "550 not from here"}),
      put({.action = "deny", .word = "sender", .pattern = "/^x@/", .reply = "551 nor from x"}),
      put({.action = "deny", .word = "client", .pattern = "192.0.2.2", .expires = "2020-01-01 00:00:00"}),
      attempt(rejected("E550 not from here\n")), attempt({.client = "192.0.2.2"}, deferred("new")),
      attempt({.client = "192.0.2.3", .sender = "x@example.com"}, rejected("E551 nor from x\n"))}},
    {"what a regular expression decides leaves no record behind",
     "",
     {},
     {put({"allow", "sender", "/^news-/"}), attempt({.sender = "news-1@example.net"}, accepted("allowed")),
      Stored{"SELECT COUNT(*) FROM greylisting_data WHERE pending_network IS NOT NULL OR blocked_count > 0",
             {{"0"}}},
      Sql{"DELETE FROM greylisting_entries"}, attempt({.sender = "news-1@example.net"}, deferred("new"))}},
    {"a denying regular expression that is new holds for known triplets, too",
     "",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), attempt(accepted("known")), pass(1h),
      put({"deny", "sender", "/^alice@/"}), attempt(rejected()), attempt(rejected()),
      Sql{"DELETE FROM greylisting_entries"}, attempt(accepted("known"))}},

    // Files.
    {"the files allow and deny, beside the store's entries",
     "",
     {},
     {write("control/greylisting_allow",
            "# ours\n192.0.2.0/24   # a network\nsender friend@example.com\nrecipient /^code-/\n"),
      write("control/greylisting_deny",
            "198.51.100.7\nsender spam.example reply=\"550 no spam\"\nsender old.example until=2020-01-01\n"),
      attempt(accepted("allowed", "control/greylisting_allow:2")),
      attempt({.client = "198.51.100.1", .sender = "friend@example.com"},
              accepted("allowed", "control/greylisting_allow:3")),
      attempt({.client = "198.51.100.1", .recipient = "code-1@example.org"},
              accepted("allowed", "control/greylisting_allow:4")),
      attempt({.client = "198.51.100.7"}, rejected(kRejection, "denied", "control/greylisting_deny:1")),
      attempt({.client = "198.51.100.1", .sender = "x@spam.example"}, rejected("E550 no spam\n")),
      attempt({.client = "198.51.100.1", .sender = "x@old.example"}, deferred("new")),
      Stored{"SELECT COUNT(*) FROM greylisting_data WHERE blocked_count > 0", {{"1"}}}}},
    {"a deny file holds for known triplets as soon as it is written",
     "",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), pass(1h),
      write("control/greylisting_deny", "sender alice@example.net\n"), attempt(rejected()),
      attempt(rejected())}},
    {"lists of Postgrey and SQLgrey are used as they are, with their .local",
     "trust_remote_host=paranoid\n"
     "allow_lists=postgrey-clients:control/clients sqlgrey-ip:control/ips sqlgrey-fqdn:control/names",
     {},
     {write("control/clients", "example.net\n195.235.39\n"), write("control/clients.local", "203.0.113.5\n"),
      write("control/ips", "64.12.137\n"), write("control/names", "*.example.com\n"),
      attempt(named("198.51.100.1", "mail.example.net"), accepted("allowed", "control/clients:1")),
      attempt({.client = "195.235.39.1"}, accepted("allowed", "control/clients:2")),
      attempt({.client = "203.0.113.5"}, accepted("allowed", "control/clients.local:1")),
      attempt({.client = "64.12.137.1"}, accepted("allowed", "control/ips:1")),
      attempt(named("198.51.100.1", "mail.example.com"), accepted("allowed", "control/names:1")),
      attempt(named("198.51.100.1", "example.com"), deferred("new"))}},
};

const std::vector<Scenario> kOptions{
    {"opting in and out: an address beats a domain",
     "",
     {deny_network("198.51.100.7")},
     {put({"skip", "recipient", "example.org"}), put({"greylist", "recipient", "bob@example.org"}),
      attempt({.recipient = "carol@example.org"}, accepted("opted-out", "entries/1")),
      attempt({.client = "198.51.100.7", .recipient = "carol@example.org"}, accepted("opted-out")),
      attempt(deferred("new")), attempt({.recipient = "dave@example.com"}, deferred("new"))}},
    {"with explicit, who has opted in is greylisted",
     "explicit=1",
     {},
     {put({"greylist", "recipient", "example.org"}), put({"skip", "recipient", "bob@example.org"}),
      attempt({.recipient = "carol@sub.example.org"}, deferred("new")), attempt(accepted("opted-out")),
      attempt({.recipient = "dave@example.com"}, accepted("not-listed"))}},
    {"a block of its own for a recipient, a domain or a client's network",
     "block_expire=60\nrecord_expire=100",
     {},
     {put({.action = "greylist", .word = "recipient", .pattern = "bob@example.org", .block_expire = "1"}),
      put({.action = "greylist", .word = "recipient", .pattern = "example.org", .block_expire = "300"}),
      put({.action = "greylist", .word = "client", .pattern = "198.51.100.0/24", .block_expire = "5"}),
      attempt(deferred("new")), attempt({.recipient = "carol@example.org"}, deferred("new")),
      attempt({.client = "198.51.100.1", .recipient = "x@example.com"}, deferred("new")), pass(2min),
      attempt(accepted("retried")),
      attempt({.client = "198.51.100.1", .recipient = "x@example.com"}, deferred("early")), pass(4min),
      attempt({.client = "198.51.100.1", .recipient = "x@example.com"}, accepted("retried")), pass(2h),
      attempt({.recipient = "carol@example.org"}, deferred("early")), pass(3h),
      attempt({.recipient = "carol@example.org"}, accepted("retried"))}},
    {"of blocks of their own the most specific counts: an address's, a network's, a domain's",
     "block_expire=60",
     {},
     {put({.action = "greylist", .word = "recipient", .pattern = "bob@example.org", .block_expire = "40"}),
      put({.action = "greylist", .word = "client", .pattern = "192.0.2.128/25", .block_expire = "20"}),
      put({.action = "greylist", .word = "client", .pattern = "192.0.2.0/24", .block_expire = "5"}),
      put({.action = "greylist", .word = "recipient", .pattern = "example.org", .block_expire = "300"}),
      attempt(deferred("new")), attempt({.recipient = "carol@example.org"}, deferred("new")),
      attempt({.client = "192.0.2.200", .recipient = "dave@example.org"}, deferred("new")), pass(6min),
      attempt(deferred("early")), attempt({.recipient = "carol@example.org"}, accepted("retried")),
      attempt({.client = "192.0.2.200", .recipient = "dave@example.org"}, deferred("early")), pass(15min),
      attempt(deferred("early")),
      attempt({.client = "192.0.2.200", .recipient = "dave@example.org"}, accepted("retried")), pass(20min),
      attempt(accepted("retried"))}},
    {"null_sender=accept lets the null sender in, unless it is denied",
     "null_sender=accept",
     {deny_network("198.51.100.7")},
     {attempt({.sender = ""}, accepted("null-sender")), counts({}),
      attempt({.client = "198.51.100.7", .sender = ""}, rejected()), attempt(deferred("new"))}},
    {"only what looks suspicious is greylisted",
     "greylist=suspicious",
     {deny_network("198.51.100.7")},
     {write("control/me", "mx.example.org\n"),
      attempt(named("192.0.2.1", "mail.example.net"), accepted("not-suspicious")), counts({}),
      attempt(named("198.51.100.7", "mail.example.net"), rejected()), attempt(deferred("new")),
      attempt(named("192.0.2.1", "192-0-2-1.dsl.example.net"), deferred("early")),
      attempt(with(named("192.0.2.1", "mail.example.net"), {{"SMTPHELOHOST", "[192.0.2.1]"}}),
              deferred("early")),
      attempt(with(named("192.0.2.1", "mail.example.net"), {{"SMTPHELOHOST", "MX.example.org"}}),
              deferred("early")),
      attempt(with(named("192.0.2.1", "mail.example.net"), {{"SPFRESULT", "softfail"}}), deferred("early")),
      attempt(with(named("192.0.2.1", "mail.example.net"), kSpfPass), accepted("not-suspicious")),
      attempt(with(named("192.0.2.1", "mail.example.net"), {{"RBLRESULT", "delay"}}), deferred("early")),
      attempt(with(named("192.0.2.1", "mail.example.net"), {{"RBLRESULT", "pass"}}),
              accepted("not-suspicious")),
      pass(1h), attempt(accepted("retried"))}},
    {"rules in a file make a client suspicious",
     "greylist=suspicious",
     {},
     {write("control/greylisting_suspicious",
            "client_name =~ \\.example\\.net$   # these\nrecipient =~ ^info@\n"),
      attempt(named("192.0.2.1", "mail.example.net"), deferred("new")),
      attempt(named("198.51.100.1", "mail.example.com"), accepted("not-suspicious")),
      attempt(with(named("198.51.100.1", "mail.example.com"), {{"SMTPRCPTTO", "info@example.org"}}),
              deferred("new")),
      pass(1h), attempt(named("192.0.2.1", "mail.example.net"), accepted("retried"))}},
    {"the rules can be in another file",
     "greylist=suspicious\nsuspicious_rules=control/rules",
     {},
     {write("control/greylisting_suspicious", "sender =~ alice\n"),
      write("control/rules", "recipient =~ ^info@\n"),
      attempt(named("192.0.2.1", "mail.example.net"), accepted("not-suspicious")),
      attempt(with(named("192.0.2.1", "mail.example.net"), {{"SMTPRCPTTO", "info@example.org"}}),
              deferred("new"))}},
    {"only those are greylisted for whom no domain vouches, and by the rules",
     "greylist=unvouched",
     {deny_network("198.51.100.7")},
     {attempt(vouched("192.0.2.1"), accepted("not-suspicious")),
      attempt(with(vouched("192.0.2.1"), {{"TCPREMOTEHOST", "192-0-2-1.dsl.example.net"}}),
              accepted("not-suspicious")),
      counts({}), attempt(vouched("198.51.100.7"), rejected()),
      attempt(named("192.0.2.1", "mail.example.net"), deferred("new")),
      attempt(with({}, {{"SPFRESULT", "softfail"}}), deferred("early")),
      attempt(vouched("192.0.2.1", ""), deferred("new")),
      write("control/greylisting_suspicious", "recipient =~ ^info@\n"),
      attempt(with(vouched("192.0.2.1"), {{"SMTPRCPTTO", "info@example.org"}}), deferred("new")),
      attempt(vouched("192.0.2.1"), accepted("not-suspicious")), pass(1h), attempt(accepted("retried"))}},
};

const std::vector<Scenario> kDoor{
    {"GREYLISTING with a text refuses the clients of that tcprule with it, whatever else is known of them",
     "",
     {allow_network("192.0.2.0/24")},
     {attempt(with({}, {{"GREYLISTING", "553 not from here"}}),
              rejected("E553 not from here\n", "denied", "GREYLISTING")),
      attempt(with({}, {{"GREYLISTING", "450 come back in a year"}}),
              rejected("E450 come back in a year\n", "denied", "GREYLISTING")),
      attempt(with({}, {{"GREYLISTING", "yes"}}), accepted("allowed")), attempt(accepted("allowed"))}},
    {"a message has max_recipients at most",
     "max_recipients=2",
     {},
     {attempt(with({}, {{"SMTPRCPTCOUNTALL", "2"}}), deferred("new")),
      attempt(
          with({}, {{"SMTPRCPTCOUNTALL", "3"}}),
          deferred("too-many", "E452 too many recipients, please send to the others separately (#4.5.3)\n")),
      counts({{"1", "0"}})}},
};

const std::vector<Scenario> kPools{
    {"a retry from any address of a pool passes once the block is over",
     "",
     {},
     {attempt(vouched("192.0.2.1"), deferred("new")), pass(30min),
      attempt(vouched("198.51.100.1"), deferred("early")), pass(30min),
      attempt(vouched("203.0.113.1"), accepted("retried")),
      attempt(vouched("2001:db8::1"), accepted("known")),
      Stored{"SELECT blocked_count, passed_count FROM greylisting_data WHERE pool = 'example.net'",
             {{"2", "2"}}}}},
    {"Gmail: first attempt and each retry from another /24",
     "block_expire=5",
     {},
     {attempt(vouched("209.85.128.1", "a@gmail.com"), deferred("new")), pass(6min),
      attempt(vouched("209.85.160.1", "a@gmail.com"), accepted("retried"))}},
    {"Outlook: retries after 1, 2, 4 and 8 minutes, each from another network",
     "block_expire=5",
     {},
     {attempt(vouched("40.92.1.1", "a@outlook.com"), deferred("new")), pass(1min),
      attempt(vouched("40.92.20.1", "a@outlook.com"), deferred("early")), pass(2min),
      attempt(vouched("52.100.3.1", "a@outlook.com"), deferred("early")), pass(4min),
      attempt(vouched("104.47.4.1", "a@outlook.com"), accepted("retried"))}},
    {"Amazon SES: IPv4 first, then IPv6",
     "block_expire=5",
     {},
     {attempt(vouched("54.240.8.1", "01@amazonses.com"), deferred("new")), pass(10min),
      attempt(vouched("2600:1f00::1", "01@amazonses.com"), accepted("retried"))}},
    {"progress under the network is kept when SPF has no result, and the other way round",
     "",
     {},
     {attempt({.client = "192.0.2.1"}, deferred("new")), pass(1h),
      attempt(vouched("192.0.2.1"), accepted("retried")), attempt(vouched("198.51.100.1"), accepted("known")),
      attempt({.client = "198.51.100.1"}, accepted("known")),
      attempt(vouched("203.0.113.1", "carol@example.net"), deferred("new")), pass(1h),
      attempt({.client = "203.0.113.1", .sender = "carol@example.net"}, accepted("retried"))}},
    {"an attempt that SPF vouches for inherits the block that is running",
     "",
     {},
     {attempt({.client = "192.0.2.1"}, deferred("new")), pass(50min),
      attempt(vouched("192.0.2.1"), deferred("early")), pass(10min),
      attempt(vouched("198.51.100.1"), accepted("retried"))}},
    {"the null sender, a failed SPF and another sender of the domain gain nothing",
     "",
     {},
     {attempt(vouched("192.0.2.1", ""), deferred("new")), attempt(vouched("192.0.2.1"), deferred("new")),
      pass(1h), attempt(vouched("198.51.100.1", ""), deferred("new")),
      attempt(with({.client = "198.51.100.1"}, {{"SPFRESULT", "fail"}}), deferred("new")),
      attempt(with({.client = "198.51.100.2"}, {{"SPFRESULT", "none"}}), deferred("early")),
      attempt(vouched("203.0.113.1", "mallory@example.net"), deferred("new")),
      attempt(vouched("203.0.113.1", "alice@example.com"), deferred("new")),
      attempt(vouched("203.0.113.1"), accepted("retried"))}},
    {"a pool's records do not count twice as waiting",
     "max_pending_per_client=2",
     {},
     {attempt(vouched("192.0.2.1", "a@example.net"), deferred("new")),
      Stored{"SELECT COUNT(*) FROM greylisting_data WHERE pending_network IS NOT NULL", {{"1"}}}}},
};

const std::vector<Scenario> kTrust{
    {"a client that passed five times, once an hour counted, is trusted with anything",
     "",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), attempt(accepted("known")),
      pass(59min), attempt(accepted("known")),
      Stored{"SELECT identity, passes FROM greylisting_clients", {{"192.0.2.0/24", "1"}}}, pass(2min),
      attempt(accepted("known")), pass(1h), attempt(accepted("known")), pass(1h), attempt(accepted("known")),
      attempt({.sender = "other@example.com"}, deferred("new")), pass(1h), attempt(accepted("known")),
      attempt({.sender = "third@example.com"}, accepted("trusted")),
      attempt({.client = "192.0.2.200"}, accepted("trusted")),
      attempt({.client = "192.0.3.1"}, deferred("new"))}},
    {"trust ends auto_allow_expire after the client was last seen",
     "auto_allow_after=1\nauto_allow_expire=10",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), pass(days(9)),
      attempt({.sender = "b@example.com"}, accepted("trusted")), pass(days(9)),
      attempt({.sender = "c@example.com"}, accepted("trusted")), pass(days(11)),
      attempt({.sender = "d@example.com"}, deferred("new"))}},
    {"auto_allow_after=0 trusts nobody",
     "auto_allow_after=0",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")), pass(2h), attempt(accepted("known")),
      Stored{"SELECT COUNT(*) FROM greylisting_clients", {{"0"}}}}},
    {"a domain that SPF vouches for earns trust of its own",
     "auto_allow_after=1",
     {},
     {attempt(vouched("192.0.2.1"), deferred("new")), pass(1h),
      attempt(vouched("198.51.100.1"), accepted("retried")),
      attempt(vouched("203.0.113.1", "carol@example.net"), accepted("trusted")),
      attempt({.client = "203.0.113.1", .sender = "carol@example.net"}, deferred("new")),
      Stored{"SELECT identity FROM greylisting_clients WHERE passes > 0",
             {{"198.51.100.0/24"}, {"example.net"}}}}},
    {"group_domain_level: a sender that has passed is trusted on its network, so many of a domain make that "
     "trusted",
     "auto_allow_after=0\ngroup_domain_level=2",
     {},
     {attempt({.sender = "a@example.net"}, deferred("new")),
      attempt({.sender = "b@example.net"}, deferred("new")), pass(1h),
      attempt({.sender = "a@example.net"}, accepted("retried")),
      attempt({.sender = "a@example.net", .recipient = "carol@example.org"}, accepted("trusted")),
      attempt({.client = "198.51.100.1", .sender = "a@example.net"}, deferred("new")),
      attempt({.sender = "c@example.net"}, deferred("new")),
      attempt({.sender = "b@example.net"}, accepted("retried")),
      attempt({.sender = "d@example.net"}, accepted("trusted")),
      attempt({.sender = "d@example.com"}, deferred("new")),
      attempt({.client = "198.51.100.1", .sender = "d@example.net"}, deferred("new"))}},
    {"a deny entry takes trust away",
     "auto_allow_after=1",
     {},
     {attempt(deferred("new")), pass(1h), attempt(accepted("retried")),
      attempt({.sender = "b@example.com"}, accepted("trusted")),
      put({"deny", "recipient", "gone@example.org"}), attempt({.recipient = "gone@example.org"}, rejected()),
      attempt({.sender = "c@example.com"}, deferred("new"))}},
};

const std::vector<Scenario> kTraps{
    {"who writes to a trap is denied everywhere for a day",
     "",
     {allow_network("203.0.113.0/24")},
     {put({"trap", "recipient", "trap@example.org"}), put({"trap", "recipient", "dead.example"}),
      attempt(deferred("new")), pass(1h), attempt(accepted("retried")),
      attempt({.recipient = "trap@example.org"}, deferred("trap")), attempt(rejected(kRejection, "trapped")),
      attempt({.client = "192.0.2.99", .recipient = "x@example.com"}, rejected(kRejection, "trapped")),
      attempt({.client = "198.51.100.1"}, deferred("new")), pass(23h),
      attempt(rejected(kRejection, "trapped")), pass(2h), attempt(accepted("known")),
      attempt({.client = "198.51.100.1", .recipient = "x@dead.example"}, deferred("trap")),
      attempt({.client = "198.51.100.1"}, rejected(kRejection, "trapped")),
      attempt({.client = "203.0.113.1", .recipient = "trap@example.org"}, accepted("allowed")),
      attempt({.client = "203.0.113.1"}, accepted("allowed")),
      Stored{"SELECT COUNT(*) FROM greylisting_data WHERE rcpt_to LIKE 'trap%'", {{"0"}}}}},
    {"trap_expire is as set",
     "trap_expire=2",
     {},
     {put({"trap", "recipient", "trap@example.org"}),
      attempt({.recipient = "trap@example.org"}, deferred("trap")), pass(1h),
      attempt(rejected(kRejection, "trapped")), pass(2h), attempt(deferred("new"))}},
    {"a trusted client loses its trust in a trap, and is denied only when it is in it again",
     "auto_allow_after=1",
     {},
     {put({"trap", "recipient", "trap@example.org"}), attempt(deferred("new")), pass(1h),
      attempt(accepted("retried")), attempt({.recipient = "trap@example.org"}, accepted("trusted")),
      attempt({.sender = "b@example.com"}, deferred("new")),
      attempt({.recipient = "trap@example.org"}, deferred("trap")),
      attempt(rejected(kRejection, "trapped"))}},
    {"who comes to an MX of low priority first is trapped",
     "low_priority_mx=1",
     {allow_network("203.0.113.0/24")},
     {attempt(with({}, {{"GLLOWPRIORITYMX", "0"}}), deferred("new")), attempt(deferred("early")), pass(1h),
      attempt(accepted("retried")), attempt({.client = "203.0.113.1"}, accepted("allowed")),
      attempt({.client = "198.51.100.1"}, deferred("trap")),
      attempt(with({.client = "198.51.100.1"}, {{"GLLOWPRIORITYMX", "0"}}),
              rejected(kRejection, "trapped"))}},
    {"a file that allows a client keeps it out of the trap",
     "",
     {},
     {put({"trap", "recipient", "trap@example.org"}), write("control/greylisting_allow", "192.0.2.1\n"),
      attempt({.recipient = "trap@example.org"}, accepted("allowed")),
      attempt({.client = "192.0.2.2"}, deferred("new"))}},
};

const std::vector<Scenario> kMatches{
    {"match=network: the client's network alone",
     "match=network",
     {},
     {attempt(deferred("new")), pass(1h),
      attempt({.client = "192.0.2.9", .sender = "x@example.com", .recipient = "y@example.com"},
              accepted("retried")),
      attempt({.client = "192.0.3.1"}, deferred("new"))}},
    {"match=sender: the sender alone",
     "match=sender",
     {},
     {attempt(deferred("new")), pass(1h),
      attempt({.client = "198.51.100.1", .recipient = "y@example.com"}, accepted("retried")),
      attempt({.sender = "x@example.com"}, deferred("new"))}},
    {"match=envelope: sender and recipient",
     "match=envelope",
     {},
     {attempt(deferred("new")), pass(1h), attempt({.client = "198.51.100.1"}, accepted("retried")),
      attempt({.recipient = "y@example.com"}, deferred("new")),
      attempt({.sender = "x@example.com"}, deferred("new"))}},
    {"match_helo=1: HELO counts as well",
     "match_helo=1",
     {},
     {attempt(deferred("new")), pass(1h),
      attempt(with({}, {{"SMTPHELOHOST", "other.example.net"}}), deferred("new")),
      attempt(with({}, {{"SMTPHELOHOST", "MAIL.example.net."}}), accepted("retried"))}},
    {"match=smart: the network, but of a client without a name of its own the address",
     "match=smart",
     {},
     {attempt(named("192.0.2.1", "mail.example.net"), deferred("new")),
      attempt({.client = "198.51.100.1"}, deferred("new")),
      attempt(named("203.0.113.1", "203-0-113-1.dsl.example.net"), deferred("new")), pass(1h),
      attempt(named("192.0.2.2", "mail.example.net"), accepted("retried")),
      attempt({.client = "198.51.100.2"}, deferred("new")),
      attempt({.client = "198.51.100.1"}, accepted("retried")),
      attempt(named("203.0.113.2", "203-0-113-2.dsl.example.net"), deferred("new")),
      attempt(named("203.0.113.1", "203-0-113-1.dsl.example.net"), accepted("retried"))}},
    {"match=smart: the network of an IPv6 address only when that is a network card's",
     "match=smart",
     {},
     {attempt(named("2001:db8::211:22ff:fe33:4455", "mail.example.net"), deferred("new")),
      attempt(named("2001:db8:0:1::25", "mail.example.net"), deferred("new")),
      attempt({.client = "2001:db8:0:2:211:22ff:fe33:4455"}, deferred("new")), pass(1h),
      attempt(named("2001:db8::2aa:ff:fe99:1", "mail.example.net"), accepted("retried")),
      attempt(named("2001:db8:0:1::26", "mail.example.net"), deferred("new")),
      attempt(named("2001:db8:0:1::25", "mail.example.net"), accepted("retried")),
      attempt({.client = "2001:db8:0:2:2aa:ff:fe99:1"}, deferred("new")),
      attempt({.client = "2001:db8:0:2:211:22ff:fe33:4455"}, accepted("retried"))}},
};

const std::vector<Scenario> kPrivacy{
    {"privacy=hash stores nobody's address, and everything works as ever",
     "privacy=hash\nauto_allow_after=2",
     {},
     {write("control/greylisting_key", "a secret of twenty two"), put({"deny", "sender", "spam@example.net"}),
      attempt(vouched("192.0.2.1"), deferred("new")), attempt(vouched("198.51.100.1"), deferred("early")),
      pass(1h), attempt(vouched("198.51.100.1"), accepted("retried")),
      attempt(vouched("203.0.113.1"), accepted("known")), attempt({.sender = "spam@example.net"}, rejected()),
      attempt({.client = "192.0.2.1", .sender = ""}, deferred("new")),
      Stored{"SELECT COUNT(*) FROM greylisting_data WHERE mail_from LIKE '%example%' OR mail_from LIKE "
             "'%alice%' OR "
             "rcpt_to LIKE '%example%' OR rcpt_to LIKE '%bob%' OR pool LIKE '%example%'",
             {{"0"}}},
      Stored{"SELECT COUNT(*) FROM greylisting_clients WHERE identity LIKE '%example%'", {{"0"}}},
      Stored{"SELECT DISTINCT LENGTH(mail_from) FROM greylisting_data", {{"0"}, {"33"}}},
      write("control/greylisting_key", "another secret of twenty"),
      attempt(vouched("192.0.2.1"), deferred("new"))}},
    {"the secret can be in another file",
     "privacy=hash\nprivacy_key_file=control/secret",
     {},
     {write("control/secret", "a secret of twenty two"), attempt(deferred("new")), attempt(deferred("early")),
      write("control/secret", "another secret of twenty"), attempt(deferred("new"))}},
};

}  // namespace

TEST_CASE("judgement: list entries and files", "[integration][judgement][entries]") { play(kEntries); }
TEST_CASE("judgement: who is greylisted", "[integration][judgement][options]") { play(kOptions); }
TEST_CASE("judgement: at the door", "[integration][judgement][door]") { play(kDoor); }
TEST_CASE("judgement: pools", "[integration][judgement][pools]") { play(kPools); }
TEST_CASE("judgement: trust", "[integration][judgement][trust]") { play(kTrust); }
TEST_CASE("judgement: traps", "[integration][judgement][traps]") { play(kTraps); }
TEST_CASE("judgement: what has to match", "[integration][judgement][match]") { play(kMatches); }
TEST_CASE("judgement: privacy", "[integration][judgement][privacy]") { play(kPrivacy); }

// What qmail-smtpd keeps for the session spares its later recipients the store.
TEST_CASE("judgement: a verdict about the client alone holds for its session",
          "[integration][judgement][session]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite);
  CAPTURE(name(backend));
  const Installation installation(backend, "auto_allow_after=1");
  installation.add(allow_network("192.0.2.0/24"));
  installation.add(allow_domain("example.com"));
  installation.put({"allow", "client", "198.51.100.0/24"});
  installation.put({"allow", "sender", "friend@example.net"});
  const auto memory = [&](const Rcpt& rcpt) { return installation.attempt(rcpt).output; };
  CHECK(memory({}) == "SGREYLISTING_SESSION=allowed lists/1\n");
  CHECK(memory({.client = "198.51.100.1"}) == "SGREYLISTING_SESSION=allowed entries/1\n");

  // Not what is about a sender or a recipient, and not while a sender or recipient may be denied or a trap.
  CHECK(memory({.client = "203.0.113.1", .recipient = "bob@example.com"}).empty());
  CHECK(memory({.client = "203.0.113.1", .sender = "friend@example.net"}).empty());
  installation.put({"trap", "recipient", "trap@example.org"});
  CHECK(memory({}).empty());
  installation.sql("DELETE FROM greylisting_entries WHERE action = 'trap'");

  // Trust: the network's own, and not where a domain may be denied.
  installation.attempt({.client = "203.0.113.1"});
  installation.pass_time(1h);
  installation.attempt({.client = "203.0.113.1"});
  CHECK(memory({.client = "203.0.113.1", .recipient = "x@example.org"}).empty());
  installation.sql("DELETE FROM greylisting_lists WHERE rcpt_to IS NOT NULL");
  CHECK(memory({.client = "203.0.113.1", .recipient = "x@example.org"}) == "SGREYLISTING_SESSION=trusted\n");

  // With it the store is not asked: the entry may be gone meanwhile, and so may the database.
  installation.sql("DELETE FROM greylisting_lists; DELETE FROM greylisting_clients");
  const auto later = [&](const std::string& verdict) {
    return installation.attempt({.client = "203.0.113.9",
                                 .sender = "new@example.net",
                                 .environment = {{"GREYLISTING_SESSION", verdict}}});
  };
  CHECK(logged(later("allowed lists/1"), "reason") == "allowed");
  CHECK(logged(later("allowed lists/1"), "entry") == "lists/1");
  CHECK(logged(later("trusted"), "reason") == "trusted");
  for (const char* const nonsense : {"", "allowed", "trusted ", "denied lists/1", "known"}) {
    CAPTURE(nonsense);
    CHECK_THAT(logged(later(nonsense), "outcome"), Catch::Equals("deferred"));
  }
}

TEST_CASE("judgement: what is wrong with a list is said in the log, and the rest of it counts",
          "[integration][judgement][entries]") {
  const Installation installation(Backend::sqlite,
                                  "allow_lists=postgrey-clients:control/missing nonsense:control/list\n"
                                  "greylist=suspicious");
  write_file(installation.home() / "control/greylisting_allow", "192.0.2.300\n192.0.2.7\n", 0644);
  write_file(installation.home() / "control/greylisting_suspicious", "nonsense\n", 0644);
  const Result result = installation.attempt();
  INFO(result.errors);
  CHECK(logged(result, "reason") == "new");
  CHECK_THAT(result.errors, Catch::Contains("control/greylisting_allow:1: \"192.0.2.300\" is not a network"));
  CHECK_THAT(result.errors, Catch::Contains("allow_lists: control/missing does not exist"));
  CHECK_THAT(result.errors,
             Catch::Contains("allow_lists: \"nonsense\" in \"nonsense:control/list\" is not plain"));
  CHECK(logged(installation.attempt({.client = "192.0.2.7"}), "entry") == "control/greylisting_allow:2");
  const Result named = installation.attempt({.environment = {{"TCPREMOTEHOST", "mail.example.net"}}});
  CHECK_THAT(named.errors, Catch::Contains("control/greylisting_suspicious:1: "));
}

}  // namespace greylisting::test
