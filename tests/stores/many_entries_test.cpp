// allow, deny and remove with many entries: what they read does not depend on how many there are.

#include <string>
#include <vector>

#include "ctl/records/earned.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/ctl.h"
#include "tests/support/installation.h"
#include "tests/support/stored.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

// So many networks that are allowed, and senders that are denied.
void add_entries(const Installation& installation, int size) {
  std::string networks;
  std::string senders;
  for (int i = 0; i < size / 2; ++i) {
    const std::string number = std::to_string(i % 256);
    networks += "10." + std::to_string(i / 256) + '.' + number + ".0/24\n";
    senders += "sender s" + std::to_string(i) + "@spam.example\n";
  }
  REQUIRE(ctl(installation, {"import", "plain", "-"}, networks).status == 0);
  REQUIRE(ctl(installation, {"import", "plain", "-", "--action", "deny"}, senders).status == 0);
}

// Rows that the server has read since it was started.
long rows_read(const Installation& installation) {
  long sum = 0;
  for (const Row& row : installation.server().sql("", "SHOW GLOBAL STATUS LIKE 'Handler_read%'"))
    sum += std::stol(row.at(1).value_or("0"));
  return sum;
}

}  // namespace

TEST_CASE("allow, deny and remove read no more of many entries", "[many_entries]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56));
  CAPTURE(name(installation.backend()));
  add_entries(installation, 20000);
  for (const Arguments& arguments : std::vector<Arguments>{{"allow", "192.0.2.1"},
                                                           {"deny", "10.3.7.9"},
                                                           {"deny", "sender", "s77@spam.example"},
                                                           {"allow", "sender", "spam.example"},
                                                           {"remove", "sender", "spam.example"},
                                                           {"remove", "10.3.7.9"},
                                                           {"remove", "entries/17"},
                                                           {"allow", "/^mx[.]/"}}) {
    CAPTURE(arguments);
    const long before = rows_read(installation);
    const Result result = ctl(installation, arguments);
    CAPTURE(result.errors);
    CHECK(result.status == 0);
    CHECK(rows_read(installation) - before < 2000);
  }
}

TEST_CASE("remove reads no more of many trusted clients", "[many_entries]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::mysql56),
                                  "auto_allow_after=2\ngroup_domain_level=2");
  CAPTURE(name(installation.backend()));
  const std::string earned = ", 3, '2026-01-01 00:00:00', '2090-01-01 00:00:00')";
  const auto row = [&earned](const std::string& identity, const std::string& group) {
    return "(x'" + ctl::key_of_identity(identity, Settings()) + "', '" + identity + "', " +
           (group.empty() ? "NULL" : "x'" + ctl::key_of_identity(group, Settings()) + '\'') + earned;
  };
  const std::string group = "example.com on 192.0.2.0/24";
  std::string rows = row("192.0.2.0/24", "") + ',' + row("example.net", "") + ',' +
                     row("a@example.com on 192.0.2.0/24", group) + ',' +
                     row("b@example.com on 192.0.2.0/24", group);
  for (int i = 0; i < 20000; ++i)
    rows += ',' + row("10." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ".0/24", "");
  installation.sql(
      "INSERT INTO greylisting_clients (client, identity, member_of, passes, counted, expires) VALUES " +
      rows);
  REQUIRE(ctl(installation, {"allow", "198.51.100.0/24"}).status == 0);
  for (const Arguments& what : std::vector<Arguments>{
           {"trusted", "192.0.2.77"}, {"198.51.100.0/24"}, {"example.net"}, {group}, {"10.3.7.0/24"}}) {
    const long before = rows_read(installation);
    const Result result = ctl(installation, joined({"remove"}, what));
    CAPTURE(what, result.output, result.errors);
    CHECK(result.status == 0);
    CHECK(rows_read(installation) - before < 2000);
  }
  CHECK(value(installation, "SELECT COUNT(*) FROM greylisting_clients WHERE passes = 0") == "5");
}

TEST_CASE("Notes name the entries around a new one, and the networks within it", "[many_entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  add_entries(installation, 3000);
  // Of a thousand of them; the server chooses whether itself is among these.
  const std::string denied = ctl(installation, {"deny", "10.0.0.0/10"}).output;
  CHECK_THAT(denied,
             Contains("note: entries/1 (allow client 10.0.0.0/24) counts, and not this entry where both "
                      "match: it is more specific\n"));
  CHECK_THAT(denied, Contains("note: and so with 989 more entries: greylistctl list") ||
                         Contains("note: and so with 990 more entries: greylistctl list"));
  CHECK_THAT(ctl(installation, {"deny", "10.0.5.7"}).output,
             Contains("(allow client 10.0.5.0/24) where both match: it is more specific"));
  CHECK_THAT(ctl(installation, {"allow", "sender", "s9@spam.example"}).output,
             Contains("(deny sender s9@spam.example) counts, and not this entry: of equals deny wins"));
  CHECK(ctl(installation, {"allow", "sender", "other.example"}).output.find("note") == std::string::npos);
  CHECK(ctl(installation, {"deny", "2001:db8::/32"}).output.find("note") == std::string::npos);
}

TEST_CASE("check counts many entries and looks at the newest", "[many_entries]") {
  const Installation installation(GENERATE(Backend::mariadb, Backend::sqlite));
  CAPTURE(name(installation.backend()));
  add_entries(installation, 1200);
  installation.sql("UPDATE greylisting_entries SET specificity = 1 WHERE id IN (1, 1200)");
  const std::string checked = ctl(installation, {"check"}).output;
  CHECK_THAT(checked, Contains("entries: 600 allow, 600 deny; the newest 1000 were looked at"));
  CHECK_THAT(checked, Contains("entries/1200: ") && !Contains("entries/1: "));
}

TEST_CASE("remove finds an entry in whatever form it is written", "[many_entries]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  const auto removes = [&](const Arguments& entry, const Arguments& words) {
    CAPTURE(entry, words);
    REQUIRE(ctl(installation, entry).status == 0);
    Arguments remove{"remove"};
    remove.insert(remove.end(), words.begin(), words.end());
    CHECK_THAT(ctl(installation, remove).output, Contains("removed entries/"));
    CHECK(text(installation.sql("SELECT COUNT(*) FROM greylisting_entries")) == "0\n");
  };
  removes({"allow", "192.0.2.0/24"}, {"192.0.2.99/24"});
  removes({"allow", "192.0.2.0/24"}, {"client", "192.0.2"});
  removes({"allow", "192.0.2.1-192.0.2.6"}, {"192.0.2.1-6"});
  removes({"allow", "[2001:db8::1]"}, {"2001:DB8:0::1"});
  removes({"deny", "sender", "Bob@Example.net."}, {"bob@example.net"});
  removes({"deny", "sender", "/^a/"}, {"/^a/"});
  removes({"deny", "client", "<>"}, {"<>"});
  removes({"skip", "=example.org"}, {"recipient", "=Example.ORG"});

  installation.add(deny_domain("Denied.Example"));
  installation.add(allow_network("198.51.100.0/24"));
  installation.sql(
      "INSERT INTO greylisting_lists (ipaddr, block_expires, record_expires, comment) VALUES ('no address', "
      "'1970-01-01 00:00:01', '9999-12-31 23:59:59', '')");
  CHECK_THAT(ctl(installation, {"remove", "=denied.example"}).output, Contains("removed lists/1"));
  CHECK_THAT(ctl(installation, {"remove", "198.51.100.7/24"}).output, Contains("removed lists/2"));
  CHECK_THAT(ctl(installation, {"remove", "no address"}).output, Contains("removed lists/3"));
}

}  // namespace greylisting::test
