// Senders that change with every message: one triplet from now on, and records that are there stay known.

#include <chrono>
#include <string>

#include "mail/triplet.h"
#include "store/sql.h"
#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

using Catch::Contains;
using namespace std::chrono_literals;

constexpr const char* kSecret = "0123456789abcdef0123";

Triplet triplet(const std::string& sender, const std::string& client = "192.0.2.1") {
  const auto address = IpAddress::parse(client);
  return {.client = *address,
          .network = Network::of(*address, 24),
          .sender = Address::sender(sender),
          .recipient = Address::recipient("bob@example.org")};
}

// A record as schema 4 had it.
void add_former(const Installation& installation, int id, const Triplet& triplet, bool has_passed,
                const Fingerprinter& fingerprinter = Fingerprinter()) {
  const auto key = (triplet.pool ? triplet.pool_keys(fingerprinter) : triplet.keys(fingerprinter)).back();
  const std::string pool = triplet.pool ? '\'' + *triplet.pool + '\'' : "NULL";
  installation.sql(
      "INSERT INTO greylisting_data (triplet, id, relay_ip, pool, mail_from, rcpt_to, block_expires, "
      "record_expires, "
      "blocked_count, passed_count) VALUES (" +
      sql::literal(bytes(key)) + ", " + std::to_string(id) + ", x'c0000201', " + pool + ", '" +
      fingerprinter.stored(triplet.sender) + "', '" + fingerprinter.stored(triplet.recipient) + "', " +
      installation.seconds_from_now(has_passed ? -3600 : 600) + ", " + installation.seconds_from_now(3600) +
      ", 1, " + (has_passed ? "1" : "0") + ")");
}

std::string migrated(const Installation& installation) {
  const Result result = run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}});
  CHECK(result.status == 0);
  CHECK(result.errors == "");
  return result.output;
}

}  // namespace

TEST_CASE("a list with a number in its sender waits once", "[integration][sender_form]") {
  const Installation installation(any_backend());
  CHECK(reason(installation, {.sender = "bounce-100-u@list.example"}) == "new");
  CHECK(reason(installation, {.sender = "bounce-101-u@list.example"}) == "early");
  installation.pass_time(56min);
  CHECK(reason(installation, {.sender = "Bounce-102-u@list.example"}) == "retried");
  CHECK(reason(installation, {.sender = "bounce-103-u@list.example"}) == "known");
  CHECK(reason(installation, {.sender = "bounce-103-v@list.example"}) == "new");
  CHECK(installation.sql("SELECT mail_from FROM greylisting_data WHERE passed_count > 0") ==
        Rows{{"bounce-100-u@list.example"}});
}

TEST_CASE("an entry for a sender counts for its mail through SRS", "[integration][sender_form]") {
  const Installation installation(any_backend());
  CHECK(reason(installation, {.sender = "SRS0=Xy7z=QT=example.com=alice@fwd.example"}) == "new");
  CHECK(reason(installation, {.sender = "SRS0=aB1c=QU=example.com=alice@fwd.example"}) == "early");
  installation.put({"allow", "sender", "alice@example.com"});
  CHECK(reason(installation, {.sender = "SRS0=Xy7z=QT=example.com=alice@fwd.example"}) == "allowed");
  CHECK(reason(installation, {.sender = "SRS1=Zz9y=fwd.example==Xy7z=QT=example.com=alice@next.example"}) ==
        "allowed");
  CHECK(reason(installation, {.sender = "SRS0=Xy7z=QT=example.com=carol@fwd.example"}) == "new");
}

TEST_CASE("migrate gives records the key of this version, and the one further along stays",
          "[integration][sender_form][upgrade]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  REQUIRE(reason(installation, {.sender = "alice@example.net"}) == "new");
  add_former(installation, 11, triplet("bounce-100-u@list.example"), true);
  add_former(installation, 12, triplet("bounce-101-u@list.example"), false);
  add_former(installation, 13, triplet("return-7@news.example"), false);
  Triplet of_pool = triplet("n-1@pool.example");
  of_pool.pool = "pool.example";
  add_former(installation, 14, of_pool, true);
  add_former(installation, 15, triplet("return-8@other.example", "198.51.100.1"),
             true);  // not made by these settings

  CHECK_THAT(migrated(installation), Contains("Gave 4 records a key that stays the same"));
  CHECK(
      installation.sql("SELECT id, mail_from FROM greylisting_data WHERE id BETWEEN 11 AND 15 ORDER BY id") ==
      Rows{{"11", "bounce-100-u@list.example"},
           {"13", "return-7@news.example"},
           {"14", "n-1@pool.example"},
           {"15", "return-8@other.example"}});
  CHECK_THAT(migrated(installation), Contains("nothing was done"));
  // As where it was broken off.
  installation.sql("UPDATE greylisting_meta SET value = '11' WHERE name = 'sender_form'");
  CHECK_THAT(migrated(installation), Contains("nothing was done"));

  CHECK(reason(installation, {.sender = "bounce-999-u@list.example"}) == "known");
  CHECK(reason(installation, {.sender = "return-99@news.example"}) == "early");
  CHECK(reason(installation, {.client = "203.0.113.1",
                              .sender = "n-2@pool.example",
                              .environment = {{"SPFRESULT", "pass"}}}) == "known");
  CHECK(reason(installation, {.sender = "alice@example.net"}) == "early");
}

TEST_CASE("migrate gives keys anew where another rule has said what stays the same",
          "[integration][sender_form][upgrade]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  REQUIRE(reason(installation, {.sender = "alice@example.net"}) == "new");
  CHECK_THAT(migrated(installation), Contains("nothing was done"));
  // As by a rule for which this token was a name.
  add_former(installation, 11, triplet("bounce-mfrggzdfmztwqzlk-u@list.example"), true);
  installation.sql("UPDATE greylisting_meta SET value = '1 done' WHERE name = 'sender_form'");
  CHECK(reason(installation, {.sender = "bounce-mfrggzdfmztwqzlk-u@list.example"}) == "known");
  CHECK_THAT(migrated(installation), Contains("Gave 1 record a key that stays the same"));
  CHECK(reason(installation, {.sender = "bounce-gq3dknrtgyytqzjv-u@list.example"}) == "known");
  CHECK_THAT(migrated(installation), Contains("nothing was done"));
}

TEST_CASE("a record with the former key is found until it is migrated",
          "[integration][sender_form][upgrade]") {
  const bool is_private = GENERATE(false, true);
  const Installation installation(any_backend(), is_private ? "privacy=hash" : "");
  if (is_private) write_file(installation.home() / "control/greylisting_key", kSecret, 0600);
  const Fingerprinter fingerprinter(is_private ? kSecret : "");
  REQUIRE(reason(installation, {.sender = "alice@example.net"}) == "new");
  add_former(installation, 11, triplet("bounce-100-u@list.example"), true, fingerprinter);
  add_former(installation, 12, triplet("return-7@news.example"), false, fingerprinter);

  if (is_private) CHECK_THAT(migrated(installation), Contains("nothing was done"));
  CHECK(reason(installation, {.sender = "bounce-100-u@list.example"}) == "known");
  CHECK(reason(installation, {.sender = "bounce-101-u@list.example"}) == "known");
  CHECK(reason(installation, {.sender = "return-7@news.example"}) == "early");
  installation.pass_time(11min);
  CHECK(reason(installation, {.sender = "return-8@news.example"}) == "retried");
  if (!is_private) CHECK_THAT(migrated(installation), Contains("Gave 2 records a key"));
  CHECK(reason(installation, {.sender = "return-9@news.example"}) == "known");
}

}  // namespace greylisting::test
