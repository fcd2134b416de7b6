#include "store/statements.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <string_view>
#include <utility>

#include "lists/pattern.h"
#include "lists/pattern_key.h"
#include "store/store.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::sql {
namespace {

using std::chrono::seconds;

// The width of the columns for people to read; what tells triplets apart is the key.
constexpr std::size_t kColumnWidth = 255;

constexpr seconds kCountedFor = std::chrono::hours(1);  // passes of one hour count once

constexpr const char* kNull = "NULL";

std::string key_literal(const Fingerprint& key) { return literal(bytes(key)); }
std::string key_or_null(const std::optional<Fingerprint>& key) { return key ? key_literal(*key) : kNull; }

std::string_view text_in(const Row& row, std::size_t column) {
  return row.at(column) ? std::string_view(*row[column]) : std::string_view();
}

std::uint64_t number_in(const Row& row, std::size_t column) {
  return number_of<std::uint64_t>(text_in(row, column)).value_or(0);
}

// From the store's now to a time, which may be text that no store would write: long past then.
seconds until(const Row& row, std::size_t column, std::time_t now) {
  return seconds(time_of(text_in(row, column)).value_or(0) - now);
}

Facts::Record record_in(const Row& row, std::time_t now) {
  enum { what, key, id, created, block_expires, blocked, passed, record_expires };
  return {.id = number_in(row, id),
          .age = std::max(-until(row, created, now), seconds(0)),
          .blocked_for = until(row, block_expires, now),
          .blocked = number_in(row, blocked),
          .passed = number_in(row, passed),
          .expires_in = until(row, record_expires, now)};
}

Facts::Client client_in(const Row& row, std::time_t now) {
  enum { what, key, passes, counted, trapped_until };
  return {.passes = number_in(row, passes),
          .is_counted = until(row, counted, now) > -kCountedFor,
          .trapped_for = row.at(trapped_until) ? until(row, trapped_until, now) : seconds(-1)};
}

bool is_key(const Row& row, const Fingerprint& key) {
  return std::ranges::equal(text_in(row, 1), hexadecimal(bytes(key)), [](char a, char b) {
    return a == b || (a >= 'A' && a <= 'F' && a - 'A' == b - 'a');
  });
}

// One under a former key counts where there is none under the new one, which is then made from it.
void take_record(Facts& facts, const Row& row, const Keys& keys, std::time_t now) {
  const bool is_of_network = is_key(row, keys.triplet) || (keys.former && is_key(row, *keys.former));
  const bool is_former = !is_key(row, keys.triplet) && !(keys.pool && is_key(row, *keys.pool));
  auto& record = is_of_network ? facts.record : facts.pool_record;
  if (is_former && record) return;
  record = record_in(row, now);
  record->is_former = is_former;
}

std::string literal_of(Expected who) { return std::to_string(static_cast<int>(who)); }

// The narrowest of what there is.
void take_expectation(Facts& facts, const Row& row, const Keys& keys, std::time_t now) {
  for (const Expectation& each : keys.expected) {
    const bool is_narrower = !facts.expected || each.who < facts.expected->who;
    if (is_key(row, each.key) && is_narrower) facts.expected = {each.who, until(row, 3, now)};
  }
}

PatternKind kind_in(std::string_view word) {
  return word == "network"  ? PatternKind::network
         : word == "host"   ? PatternKind::host
         : word == "sender" ? PatternKind::sender
                            : PatternKind::recipient;
}

}  // namespace

Literals keys_of(const Attempt& attempt, Dialect dialect) {
  const Triplet& triplet = attempt.triplet;
  const Keys& keys = attempt.keys;
  std::string triplets = key_literal(keys.triplet);
  for (const auto* key : {&keys.pool, &keys.former, &keys.former_pool}) {
    if (*key) triplets += ',' + key_literal(**key);
  }
  return {
      {"now", now(dialect)},
      {"triplets", std::move(triplets)},
      {"clients", list_of(keys.clients, [](const auto& client) { return key_literal(client.key); })},
      {"expected", list_of(keys.expected, [](const auto& each) { return key_literal(each.key); })},
      {"client", literal(triplet.client.bytes())},
      {"network", literal(triplet.network.first().bytes())},
      {"group", key_or_null(keys.group)},
      {"group_domain_level", std::to_string(attempt.group_domain_level)},
      {"max_pending", std::to_string(attempt.max_pending)},
  };
}

Literals list_keys_of(const Attempt& attempt, Dialect dialect) {
  const std::string_view domain = attempt.triplet.recipient.domain();
  return {
      {"networks", network_literals(attempt.triplet.client)},
      {"subjects", list_of(greylisting::keys_of(attempt.subjects()), literal)},
      {"domain", text_literal(printable(domain), dialect)},
      {"domain_specificity", std::to_string(specificity_of_domain(PatternKind::recipient, domain, true))}};
}

std::string look_for(const Attempt& attempt, const Literals& keys) {
  std::string statement = with_literals(shared_look, keys);
  if (attempt.group_domain_level > 0) statement += with_literals(shared_group, keys);
  return statement + ';';
}

Facts facts_in(const std::vector<Row>& rows, const Attempt& attempt) {
  Facts facts;
  std::time_t now = 0;
  for (const Row& row : rows) {
    if (text_in(row, 0) == "lists") {
      facts.has_lists = number_in(row, 2) != 0;
      facts.has_denials = number_in(row, 3) != 0;
      facts.has_regexps = number_in(row, 4) != 0;
      facts.now = text_in(row, 5);
      now = time_of(facts.now).value_or(0);
    } else if (text_in(row, 0) == "group") {
      facts.group = number_in(row, 2);
    }
  }
  // Whatever has ended it, nothing is decided without the whole answer.
  if (now == 0) {
    throw StoreError("the store's answer has no time in it",
                     "see whether the database is running and what its log says");
  }
  for (const Row& row : rows) {
    if (text_in(row, 0) == "record") {
      take_record(facts, row, attempt.keys, now);
    } else if (text_in(row, 0) == "expected") {
      take_expectation(facts, row, attempt.keys, now);
    } else if (text_in(row, 0) == "client") {
      const Facts::Client client = client_in(row, now);
      for (const ClientIdentity& identity : attempt.keys.clients) {
        if (is_key(row, identity.key)) facts.earned_as(identity.earner) = client;
      }
    }
  }
  return facts;
}

std::string entries_for(const Attempt& attempt, const Facts& facts, const Literals& keys, Dialect dialect) {
  Literals list_keys = list_keys_of(attempt, dialect);
  if (facts.has_regexps) {
    const auto subjects =
        std::ranges::find(list_keys, "subjects", [](const auto& pair) { return pair.first; });
    subjects->second += ',' + literal(Pattern::kRegexpKey);
  }
  std::string statement = with_literals(shared_entries, list_keys, keys);
  if (attempt.max_pending > 0 && !facts.has_record()) statement += with_literals(shared_waiting, keys);
  return statement + ';';
}

void add_entries(Evidence& evidence, const std::vector<Row>& rows, const Attempt& attempt) {
  enum { place, id, action, kind, specificity, block, reply, regexp };
  std::vector<std::pair<std::uint64_t, MatchingEntry>> found;
  std::vector<std::pair<std::uint64_t, StoredRegexp>> regexps;
  for (const Row& row : rows) {
    const std::uint64_t number = number_in(row, id);
    if (text_in(row, place) == "waiting") {
      evidence.waiting = number;
      continue;
    }
    const auto known_action = action_of(text_in(row, action));
    if (!known_action) continue;  // of a later version
    const std::string where = std::string(text_in(row, place)) + '/' + std::to_string(number);
    if (row.at(regexp)) {
      if (*known_action != Action::allow && *known_action != Action::deny) continue;
      regexps.push_back({number,
                         {.place = where,
                          .denies = *known_action == Action::deny,
                          .kind = kind_in(text_in(row, kind)),
                          .pattern = std::string(text_in(row, regexp)),
                          .reply = std::string(text_in(row, reply))}});
      continue;
    }
    MatchingEntry match{.action = *known_action,
                        .kind = kind_in(text_in(row, kind)),
                        .specificity = static_cast<unsigned>(number_in(row, specificity)),
                        .place = where,
                        .reply = std::string(text_in(row, reply))};
    if (row.at(block)) match.block = std::chrono::minutes(number_in(row, block));
    match.counts =
        attempt.believes_client_name || match.kind != PatternKind::host || match.action != Action::allow;
    // With explicit=1 a domain that 0.5 would allow is one to be greylisted.
    if (attempt.only_listed && text_in(row, place) == "lists" && match.action == Action::allow &&
        match.kind == PatternKind::recipient) {
      match.counts = text_in(row, kind) == "recipient";
      match.action = Action::greylist;
      match.specificity = 0;
    }
    found.emplace_back(number, std::move(match));
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    const auto rank = [](const auto& each) {
      return std::pair(each.second.place.starts_with("lists"), each.first);
    };
    return rank(a) > rank(b);
  });
  for (auto& [number, match] : found) evidence.matches.push_back(std::move(match));
  std::ranges::sort(regexps, {}, [](const auto& each) { return each.first; });
  for (auto& [number, each] : regexps) evidence.regexps.push_back(std::move(each));
  evidence.has_entries = true;
}

std::string earn_for(const Attempt& attempt, const Facts& facts, Earns earns, const Literals& keys,
                     Dialect dialect) {
  if (earns == Earns::nothing) return {};
  if (earns == Earns::take_back)
    return with_literals(shared_take_back, {{"hour_ago", from_now(-kCountedFor, dialect)}}, keys);
  const bool falls = earns == Earns::trap || earns == Earns::fall;
  std::string statements;
  for (const ClientIdentity& identity : attempt.keys.clients) {
    const auto& known = facts.earned_as(identity.earner);
    const bool is_trapped = earns == Earns::trap && identity.earner == Earner::network;
    if (falls && !is_trapped && (!known || known->passes == 0)) continue;
    const bool is_first = earns == Earns::pass || (earns == Earns::seen && identity.earner == Earner::sender);
    const std::string trap_end = from_now(attempt.trap_expire, dialect);
    statements +=
        with_literals(shared_earn,
                      {{"identity", key_literal(identity.key)},
                       {"identity_name", text_literal(identity.name.substr(0, kColumnWidth), dialect)},
                       {"member_of", key_or_null(identity.group)},
                       {"passes", is_first ? "1" : "0"},
                       {"earned_until", is_trapped ? trap_end
                                        : falls    ? now(dialect)
                                                   : from_now(attempt.auto_allow_expire, dialect)},
                       {"trapped_until", is_trapped ? trap_end : kNull},
                       {"falls", falls ? "1" : "0"},
                       {"is_seen", earns == Earns::seen ? "1" : "0"},
                       {"hour_ago", from_now(-kCountedFor, dialect)},
                       {"on_client", on_conflict("client", dialect)}},
                      keys);
  }
  if (falls && attempt.group_domain_level > 0) {
    statements += with_literals(shared_fall_of_group, keys);
  } else if (attempt.keys.group) {
    statements += with_literals(shared_keep_group,
                                {{"earned_until", from_now(attempt.auto_allow_expire, dialect)}}, keys);
  }
  return statements;
}

std::string record_for(const Attempt& attempt, const Decision& decision, const Literals& keys,
                       Dialect dialect) {
  if (!decision.is_recorded()) return {};
  const bool waits = decision.blocked_for.count() >= 0;
  const std::string good = from_now(attempt.record_expire_good, dialect);
  std::string rows;
  for (const RecordKey& record : records_of(attempt, dialect)) {
    rows += (rows.empty() ? "(" : ", (") + record.key + ',';
    if (dialect == Dialect::mysql) rows += record.id + ',';
    rows += literal(attempt.triplet.client.bytes()) + ',' + (waits ? record.network : kNull) + ',' +
            record.pool + ',' + stored_sender(attempt, dialect) + ',' + stored_recipient(attempt, dialect) +
            ',' + from_now(decision.blocked_for, dialect) + ',' +
            (waits ? from_now(decision.record_expire, dialect) : good) + (waits ? ",1,0)" : ",0,1)");
  }
  return with_literals(dialect == Dialect::mysql ? mysql_record : sqlite_record,
                       {{"records", rows}, {"waits", waits ? "1" : "0"}, {"good_until", good}}, keys);
}

std::string expect_for(const std::vector<Expectation>& expectations, seconds time, Dialect dialect) {
  std::string statements;
  for (const Expectation& each : expectations) {
    const auto text = [dialect](const std::string& column) {
      return text_literal(column.substr(0, kColumnWidth), dialect);
    };
    statements += with_literals(shared_expect, {{"key", key_literal(each.key)},
                                                {"who", literal_of(each.who)},
                                                {"sender", text(each.sender)},
                                                {"recipient", text(each.recipient)},
                                                {"until", from_now(time, dialect)},
                                                {"on_expected", on_conflict("expected", dialect)}});
  }
  return statements;
}

std::vector<RecordKey> records_of(const Attempt& attempt, Dialect dialect) {
  const Keys& keys = attempt.keys;
  std::vector<RecordKey> records{{key_literal(keys.triplet), std::to_string(record_id(keys.triplet)),
                                  literal(attempt.triplet.network.first().bytes()), kNull}};
  if (keys.pool) {
    const std::string pool =
        attempt.fingerprinter.stored_domain(*attempt.triplet.pool).substr(0, kColumnWidth);
    records.push_back(
        {key_literal(*keys.pool), std::to_string(record_id(*keys.pool)), kNull, text_literal(pool, dialect)});
  }
  return records;
}

std::string stored_sender(const Attempt& attempt, Dialect dialect) {
  return text_literal(attempt.fingerprinter.stored(attempt.triplet.sender).substr(0, kColumnWidth), dialect);
}

std::string stored_recipient(const Attempt& attempt, Dialect dialect) {
  return text_literal(attempt.fingerprinter.stored(attempt.triplet.recipient).substr(0, kColumnWidth),
                      dialect);
}

}  // namespace greylisting::sql
