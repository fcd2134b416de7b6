// What greylistctl says of entries that do harm before it makes them, on every store.

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/journal.h"
#include "tests/support/stored.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

// Records of the last days: `size` from 192.0.2.x, of sender x@example.net to bob@example.org.
void add_records(const Installation& installation, int size, bool have_passed, int days_ago = 1) {
  std::string rows;
  const bool is_mysql = installation.backend() != Backend::sqlite;
  static int number = 0;
  for (int i = 0; i < size; ++i) {
    const std::string id = std::to_string(++number);
    const std::string time = installation.seconds_from_now(-86400 * days_ago);
    rows += (i == 0 ? "" : ",") +
            ("(x'" + std::string(32 - id.size(), '0') + id + "'," + id + ", x'c00002" +
             (i % 2 == 0 ? "0a" : "0b") + "', 'x@example.net', 'bob@example.org', " +
             installation.seconds_from_now(-60) + ',' + installation.seconds_from_now(86400) + ',' +
             (have_passed ? "1" : "0") + ',' + time + ',' + time + ')');
  }
  static_cast<void>(is_mysql);
  installation.sql(
      "INSERT INTO greylisting_data (triplet, id, relay_ip, mail_from, rcpt_to, block_expires, "
      "record_expires, "
      "passed_count, create_time, last_update) VALUES " +
      rows);
}

struct Harm {
  Arguments arguments;
  std::string warning;
};

}  // namespace

TEST_CASE("An entry that matches too much is not made without --yes", "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/rcpthosts", "example.org\n.example.com\n", 0644);
  write_file(installation.home() / "control/virtualdomains", "# none\nVirtual.example:alias-v\n", 0644);
  add_records(installation, 3, true);
  for (const auto& [arguments, warning] : std::vector<Harm>{
           {{"deny", "client", "0.0.0.0/0"},
            "deny client 0.0.0.0/0 matches every IPv4 client; it would have denied 3 of 3 records of the "
            "last 7 "
            "days that have passed; to do it all the same add --yes\n"},
           {{"allow", "0.0.0.0/0"},
            "accepted at once 3 of 3 records of the last 7 days; to do it all the same"},
           {{"allow", "0.0.0.0-127.255.255.255"}, "allow client 0.0.0.0/1 matches a network wider than any"},
           {{"allow", "/./"}, "allow client /./ matches every client"},
           {{"deny", "sender", "*.com"},
            "deny sender *.com matches a whole top-level domain, .com; to do it all the same add --yes\n"},
           {{"deny", "recipient", "example.org"},
            "matches every address of example.org, for which this host takes mail"},
           {{"deny", "recipient", "/@virtual\\.example$/"}, "every address of virtual.example"},
           {{"trap", "example.org"}, "every address of example.org"},
           {{"trap", "*.example.com"}, "every address of .example.com, for which this host takes mail"},
           {{"deny", "recipient", "mail.example.com"}, "every address of mail.example.com"},
           {{"trap", "bob@example.org"},
            "trap recipient bob@example.org has had mail: 3 records of the last 7 days have passed; to do it "
            "all "
            "the same add --yes\n"},
           {{"skip", "org"}, "skip recipient org matches a whole top-level domain, .org"},
           {{"greylist", "0.0.0.0/0", "--block", "0"}, "matches every IPv4 client"},
       }) {
    CAPTURE(arguments);
    const Result refused = ctl(installation, arguments);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Contains(warning));
    CHECK(entries(installation).empty());

    Arguments dry_run = arguments;
    dry_run.emplace_back("--dry-run");
    const Result told = ctl(installation, dry_run);
    CHECK(told.status == 0);
    CHECK_THAT(told.output, Contains("note: ") && Contains("would add"));

    Arguments sure = arguments;
    sure.emplace_back("--yes");
    CHECK(ctl(installation, sure).status == 0);
    CHECK_FALSE(entries(installation).empty());
    // It counts already.
    CHECK(ctl(installation, arguments).status == 0);
    installation.sql("DELETE FROM greylisting_entries");
  }
}

TEST_CASE("A few records are enough to warn of what denies them all", "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  add_records(installation, 7, true);
  const Result refused = ctl(installation, {"deny", "192.0.2.0/24"});
  CHECK(refused.status == 2);
  CHECK_THAT(refused.errors, Contains("would have denied 7 of 7 records"));
  CHECK(ctl(installation, {"allow", "192.0.2.0/24"}).status == 0);
}

TEST_CASE("A trap for a mailbox in use, of which there is no record, is not made without --yes",
          "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  begin_journal(installation);
  installation.put({"allow", "client", "203.0.113.0/24"});
  REQUIRE(logged(installation.attempt({.client = "203.0.113.5"}), "reason") == "allowed");
  CHECK_THAT(ctl(installation, {"trap", "bob@example.org"}).errors,
             Contains("has had mail: this host has accepted it 1 time of late; to do it all the same"));
  REQUIRE(ctl(installation, {"expect", "joe@example.org", "--for", "1h"}).status == 0);
  CHECK_THAT(ctl(installation, {"trap", "joe@example.org"}).errors, Contains("waits for answers"));
  CHECK(ctl(installation, {"trap", "nobody@example.org"}).status == 0);
}

TEST_CASE("Mail that was accepted without a record is as good a reason to ask", "[hindsight]") {
  const Installation installation(any_backend(), "auto_allow_after=1");
  CAPTURE(name(installation.backend()));
  begin_journal(installation);
  const auto accept = [&](const std::string& client, int size, const std::string& why) {
    for (int i = 0; i < size; ++i) {
      const std::string number = std::to_string(i);
      CHECK(logged(installation.attempt({.client = client,
                                         .sender = "s" + number + "@big.example",
                                         .recipient = "b" + std::to_string(i % 2) + "@example.org"}),
                   "reason") == why);
    }
  };
  accept("192.0.2.1", 1, "new");
  installation.pass_time(std::chrono::hours(1));
  accept("192.0.2.1", 1, "retried");
  accept("192.0.2.7", 5, "trusted");
  installation.put({"allow", "client", "198.51.100.7"});
  accept("198.51.100.7", 5, "allowed");
  // What has passed has a record, too, and is one of them all the same.
  const std::string accepted = " that this host has accepted of late; to do it all the same add --yes\n";
  for (const auto& [arguments, warning] : std::vector<Harm>{
           {{"deny", "192.0.2.0/24"},
            "greylistctl: deny client 192.0.2.0/24 would have denied 6 of 11 attempts" + accepted},
           {{"deny", "sender", "big.example"}, "would have denied 6 of 11 attempts" + accepted},
           {{"deny", "client", "198.51.100.7"}, "would have denied 5 of 11 attempts"},
           {{"deny", "0.0.0.0/0"}, "matches every IPv4 client; it would have denied 6 of 11 attempts"},
           {{"trap", "example.org"}, "has had mail: 1 record of the last 7 days has passed"},
           {{"trap", "b1@"}, "trap recipient b1@ has had mail: 4 of 11 attempts" + accepted},
       }) {
    CAPTURE(arguments);
    const Result refused = ctl(installation, arguments);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Contains(warning));
  }
  // The more specific entry goes on to accept it.
  CHECK(ctl(installation, {"deny", "198.51.100.0/24"}).status == 0);
  CHECK(ctl(installation, {"deny", "sender", "elsewhere.example"}).status == 0);
}

TEST_CASE("Narrow entries are made without a word", "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  write_file(installation.home() / "control/rcpthosts", "example.org\n", 0644);
  add_records(installation, 25, true);
  add_records(installation, 25, true, 8);
  for (const Arguments& arguments : std::vector<Arguments>{{"allow", "192.0.2.0/24"},
                                                           {"allow", "sender", "x@example.net"},
                                                           {"allow", "recipient", "bob@example.org"},
                                                           {"skip", "bob@example.org"},
                                                           {"deny", "198.51.100.0/24"},
                                                           {"deny", "sender", "spam.example"},
                                                           {"deny", "client", "<>"},
                                                           {"trap", "nobody@example.org"},
                                                           {"greylist", "org"},
                                                           {"deny", "recipient", "alice@example.org"}}) {
    CAPTURE(arguments);
    const Result result = ctl(installation, arguments);
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK(result.output.find("records") == std::string::npos);
  }
}

TEST_CASE("An entry that would have decided much of the last days' mail is not made without --yes",
          "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  add_records(installation, 24, true);
  add_records(installation, 6, false);
  add_records(installation, 50, true, 8);  // too long ago
  for (const auto& [arguments, warning] : std::vector<Harm>{
           {{"deny", "192.0.2.0/24"},
            "deny client 192.0.2.0/24 would have denied 24 of 24 records of the last 7 days that have "
            "passed; "},
           {{"deny", "sender", "x@example.net"}, "would have denied 24 of 24 records"},
           {{"deny", "sender", "/^x@/"}, "would have denied 24 of 24 records"},
           {{"deny", "recipient", "bob@"}, "would have denied 24 of 24 records"},
           {{"allow", "sender", "example.net"}, "would have accepted at once 30 of 30 records"},
           {{"skip", "example.org"}, "would have accepted at once 30 of 30 records"},
           {{"deny", "192.0.2.10-192.0.2.11"}, "would have denied 24 of 24 records"},
       }) {
    CAPTURE(arguments);
    const Result refused = ctl(installation, arguments);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Contains(warning));
    CHECK(entries(installation).empty());
  }
}

TEST_CASE("import asks for --yes before it makes any entry that does harm", "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  add_records(installation, 30, true);
  for (const auto& [lines, warning] : std::vector<std::pair<std::string, std::string>>{
           {"198.51.100.7\n0.0.0.0/0\n", "deny client 0.0.0.0/0 matches every IPv4 client"},
           {"198.51.100.7\nsender *.com\n/./\n",
            "deny sender *.com matches a whole top-level domain, .com\ndeny client /./ matches every client"},
           {"192.0.2.10\n192.0.2.11\n", "would have denied"},
           {"sender /^x@/\n", "would have denied 30 of 30 records"},
       }) {
    CAPTURE(lines);
    const Arguments arguments{"import", "plain", "-", "--action", "deny"};
    const Result refused = ctl(installation, arguments, lines);
    CHECK(refused.status == 2);
    CHECK_THAT(refused.errors, Contains(warning) && Contains("; to do it all the same add --yes\n"));
    CHECK(entries(installation).empty());
    Arguments sure = arguments;
    sure.emplace_back("--yes");
    CHECK(ctl(installation, sure, lines).status == 0);
    CHECK_FALSE(entries(installation).empty());
    // Every night the same.
    CHECK(ctl(installation, arguments, lines).status == 0);
    installation.sql("DELETE FROM greylisting_entries");
  }
  CHECK(ctl(installation, {"import", "plain", "-"}, "192.0.2.0/24\nsender x@example.net\n").status == 0);
}

TEST_CASE("Networks of one call that are too wide in all are not made without --yes", "[hindsight]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const std::string warning =
      "greylistctl: these entries together match networks that are wider in all than any that one holder has "
      "(/8); to do it all the same add --yes\n";
  for (const std::string action : {"deny", "allow"}) {
    CHECK(ctl(installation, {action, "client", "1-223.0-255"}).errors == warning);
    CHECK(ctl(installation, {"import", "plain", "-", "--action", action}, "1.0.0.0/8\n2.0.0.0/16\n").errors ==
          warning);
  }
  CHECK(entries(installation).empty());
  CHECK_THAT(ctl(installation, {"deny", "client", "1-223.0-255", "--yes", "--dry-run"}).output,
             Contains("note: these entries together match"));
  CHECK(ctl(installation, {"deny", "client", "/^[0-9.]+$/"}).errors ==
        "greylistctl: deny client /^[0-9.]+$/ matches every IPv4 client; to do it all the same add --yes\n");
  CHECK(ctl(installation, {"deny", "client", "5.0-255"}).status == 0);
}

TEST_CASE("With privacy=hash harm is told by clients, and of a trap's mailbox", "[hindsight]") {
  const Installation installation(Backend::sqlite, "privacy=hash\nprivacy_key_file=control/secret\n");
  write_file(installation.home() / "control/secret", "a secret of more than sixteen characters\n", 0600);
  for (int i = 0; i < 22; ++i) {
    const Rcpt rcpt{.client = "192.0.2.1", .sender = std::to_string(i) + "@example.net"};
    installation.attempt(rcpt);
  }
  installation.sql("UPDATE greylisting_data SET passed_count = 1");
  CHECK_THAT(ctl(installation, {"deny", "192.0.2.1"}).errors, Contains("would have denied 22 of 22 records"));
  CHECK_THAT(ctl(installation, {"trap", "bob@example.org"}).errors,
             Contains("has had mail: 22 records of the last 7 days have passed"));
  CHECK(ctl(installation, {"trap", "nobody@example.org"}).status == 0);
  installation.put({"allow", "client", "203.0.113.7"});
  for (int i = 0; i < 5; ++i) REQUIRE(reason(installation, {.client = "203.0.113.7"}) == "allowed");
  CHECK_THAT(ctl(installation, {"deny", "203.0.113.7"}).errors,
             Contains("would have denied 5 of 5 attempts that this host has accepted of late"));
  CHECK(ctl(installation, {"deny", "sender", "example.net"}).status == 0);
}

}  // namespace greylisting::test
