// facts_test: the two stores give the same facts for the same history, field by field, and what is judged of
// them and recorded is the same; histories are made at random.

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "host/decide.h"
#include "judgement/facts.h"
#include "store/mysql_store.h"
#include "store/sqlite_store.h"
#include "tests/support/catch.h"
#include "tests/support/installation.h"

namespace greylisting::test {
namespace {

using namespace std::chrono_literals;

// A store with what makes time pass and entries come in it.
struct Side {
  Installation installation;
  std::unique_ptr<Store> store;

  explicit Side(Backend backend) : installation(backend) {
    const std::string home = installation.home().string();
    if (backend == Backend::sqlite) {
      store = std::make_unique<SqliteStore>(home + "/greylisting/greylisting.db", 10s);
    } else {
      store = std::make_unique<MysqlStore>(home + "/control/mysql.cnf");
    }
  }
};

// The numbers of records are each store's own, and a second may end between the two.
void same_time(std::chrono::seconds a, std::chrono::seconds b) { CHECK(std::abs((a - b).count()) <= 30); }

void same(const std::optional<Facts::Record>& a, const std::optional<Facts::Record>& b) {
  REQUIRE(a.has_value() == b.has_value());
  if (!a) return;
  same_time(a->age, b->age);
  same_time(a->blocked_for, b->blocked_for);
  same_time(a->expires_in, b->expires_in);
  CHECK((a->blocked_for.count() < 0) == (b->blocked_for.count() < 0));
  CHECK(a->blocked == b->blocked);
  CHECK(a->passed == b->passed);
}

void same(const std::optional<Facts::Client>& a, const std::optional<Facts::Client>& b) {
  REQUIRE(a.has_value() == b.has_value());
  if (!a) return;
  CHECK(a->passes == b->passes);
  CHECK(a->is_counted == b->is_counted);
  CHECK((a->trapped_for.count() > 0) == (b->trapped_for.count() > 0));
}

void same(const Facts& a, const Facts& b) {
  same(a.record, b.record);
  same(a.pool_record, b.pool_record);
  same(a.client, b.client);
  same(a.pool, b.pool);
  same(a.sender, b.sender);
  REQUIRE(a.expected.has_value() == b.expected.has_value());
  if (a.expected) {
    CHECK(a.expected->who == b.expected->who);
    same_time(a.expected->expires_in, b.expected->expires_in);
  }
  CHECK(a.group == b.group);
  CHECK(a.has_lists == b.has_lists);
  CHECK(a.has_denials == b.has_denials);
  CHECK(a.has_regexps == b.has_regexps);
}

std::string in_words(const Decision& decision) {
  return std::string(name(decision.reason)) + ' ' + (decision.is_first_retry ? "first " : "") +
         std::to_string(static_cast<int>(decision.earns));
}

template <typename Values>
const auto& any_of(const Values& values, std::minstd_rand& chance) {
  return values[chance() % values.size()];
}

}  // namespace

TEST_CASE("Both stores give the same facts and decisions for the same history", "[integration][facts]") {
  const Backend backend = GENERATE(Backend::mariadb, Backend::mysql56);
  const bool has_groups = GENERATE(false, true);
  CAPTURE(name(backend), has_groups);
  Side mysql(backend);
  Side sqlite(Backend::sqlite);
  Settings settings;
  settings.auto_allow_after = 2;
  settings.max_pending_per_client = 4;
  settings.group_domain_level = has_groups ? 2 : 0;
  const std::vector<std::string> clients{"192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1"};
  const std::vector<std::string> senders{"alice@example.net", "carol@example.net", "x@example.com", ""};
  const std::vector<std::string> recipients{"bob@example.org", "trap@example.org", "dave@example.com"};
  // Never at the end of a block, an hour or a record.
  const std::vector<std::chrono::seconds> times{7min, 67min, 8h + 47min, 40 * 24h + 7min};
  const std::vector<Entry> entries{{.action = "trap", .word = "recipient", .pattern = "trap@example.org"},
                                   {.action = "deny", .word = "sender", .pattern = "x@example.com"},
                                   {.action = "allow", .word = "client", .pattern = "198.51.100.0/24"},
                                   {.action = "skip", .word = "recipient", .pattern = "dave@example.com"},
                                   {.action = "deny", .word = "sender", .pattern = "/^carol@/"}};
  std::minstd_rand chance(has_groups ? 20261125 : 4711);
  for (int step = 0; step < 150; ++step) {
    CAPTURE(step);
    const auto what = chance() % 20;
    if (what < 3) {
      const auto time = any_of(times, chance);
      for (const Side* side : {&mysql, &sqlite}) side->installation.pass_time(time);
    } else if (what == 3) {
      const bool is_list = chance() % 3 == 0;
      const Entry& entry = any_of(entries, chance);
      for (const Side* side : {&mysql, &sqlite}) {
        side->installation.sql("DELETE FROM greylisting_entries; DELETE FROM greylisting_lists");
        if (is_list) side->installation.add(deny_network("2001:db8::/32"));
        side->installation.put(entry);
      }
    }
    if (what == 4) {
      const auto answers =
          expected_answers(any_of(recipients, chance), any_of(senders, chance), Fingerprinter());
      if (!answers.empty()) {
        for (const Side* side : {&mysql, &sqlite}) side->store->expect(answers, std::chrono::days(30));
      }
    } else if (what == 5) {
      const auto recipient = Address::recipient(any_of(recipients, chance));
      for (const Side* side : {&mysql, &sqlite})
        side->store->expect({expected_by(recipient, Fingerprinter())}, 1h);
    }
    const Session session{.client = any_of(clients, chance),
                          .sender = any_of(senders, chance),
                          .recipient = any_of(recipients, chance),
                          .spf_result = chance() % 2 == 0 ? "pass" : ""};
    const greylisting::Attempt attempt = greylisting::Attempt::from(session, settings);
    CAPTURE(session.client, session.sender, session.recipient, session.spf_result);
    Decided one = decide(*mysql.store, attempt, session, settings);
    record(*mysql.store, attempt, one);
    Decided other = decide(*sqlite.store, attempt, session, settings);
    record(*sqlite.store, attempt, other);
    same(one.facts, other.facts);
    REQUIRE(in_words(one.decision) == in_words(other.decision));
  }
}

}  // namespace greylisting::test
