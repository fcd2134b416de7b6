#include "ctl/imports/known.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "ctl/records/earned.h"
#include "ctl/records/key_list.h"
#include "judgement/attempt.h"
#include "judgement/session.h"
#include "store/statements.h"
#include "text/ascii.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// Senders that make their domain trusted, where no setting says it: as many as SQLgrey wants.
constexpr long kLeastGroup = 2;

// A record as it is to be: times as the stores have them.
struct Row {
  Attempt attempt;
  bool has_passed = false;
  std::string first;
  std::string last;
  std::string block_expires;
  std::string record_expires;

  std::string key() const { return ascii::upper(hexadecimal(bytes(attempt.keys.triplet))); }
};

Attempt attempt_of(const KnownTriplet& triplet, Settings settings) {
  const bool is_client_alone = triplet.ipv4_prefix != 0;
  if (is_client_alone) {
    settings.match = Match::network;
    settings.match_helo = false;
    settings.ipv4_prefix = triplet.ipv4_prefix;
  }
  return Attempt::from({.client = triplet.client,
                        .sender = triplet.sender,
                        .recipient = triplet.recipient,
                        .is_client_alone = is_client_alone},
                       settings);
}

// When it was first and last seen, none of which is in the future.
std::pair<std::time_t, std::time_t> times_of(const KnownTriplet& triplet, std::time_t now) {
  const std::time_t last = std::min(triplet.last, now);
  return {std::min(triplet.first, last), last};
}

std::time_t end_of(const KnownTriplet& triplet, const Settings& settings, std::time_t now) {
  using std::chrono::seconds;
  const auto [first, last] = times_of(triplet, now);
  return triplet.has_passed ? last + seconds(settings.record_expire_good).count()
                            : first + seconds(settings.record_expire).count();
}

Row row_of(const KnownTriplet& triplet, const Settings& settings, std::time_t now) {
  const auto [first, last] = times_of(triplet, now);
  const std::time_t own = std::chrono::seconds(settings.block_expire).count();
  const std::time_t block = first + (triplet.hold == 0 ? own : std::min(triplet.hold, own));
  return {.attempt = attempt_of(triplet, settings),
          .has_passed = triplet.has_passed,
          .first = stored_time(first),
          .last = stored_time(last),
          // The last second of a block belongs to it.
          .block_expires = stored_time(triplet.has_passed ? std::min(block, now - 1) : block),
          .record_expires = stored_time(end_of(triplet, settings, now))};
}

std::string values_of(const Row& row, sql::Dialect dialect) {
  const sql::RecordKey record = sql::records_of(row.attempt, dialect).front();
  const auto time = [dialect](const std::string& text) { return sql::text_literal(text, dialect); };
  return '(' + record.key + ',' + (dialect == sql::Dialect::mysql ? record.id + ',' : "") +
         sql::literal(row.attempt.triplet.client.bytes()) + ',' + (row.has_passed ? "NULL" : record.network) +
         ',' + sql::stored_sender(row.attempt, dialect) + ',' + sql::stored_recipient(row.attempt, dialect) +
         ',' + time(row.first) + ',' + time(row.last) + ',' + time(row.block_expires) + ',' +
         time(row.record_expires) + (row.has_passed ? ",0,1)" : ",1,0)");
}

// What a record has become here stays, and it is known when either says so. MySQL assigns from left to right:
// no column reads one that was assigned before it.
void put(Administration& administration, std::span<const Row> rows) {
  const sql::Dialect dialect = administration.dialect();
  const bool is_mysql = dialect == sql::Dialect::mysql;
  std::string statement = std::string("INSERT INTO greylisting_data (triplet, ") + (is_mysql ? "id, " : "") +
                          "relay_ip, pending_network, mail_from, rcpt_to, create_time, last_update, "
                          "block_expires, record_expires, blocked_count, passed_count) VALUES ";
  for (const Row& row : rows) {
    if (&row != rows.data()) statement += ',';
    statement += values_of(row, dialect);
  }
  statement += ' ' + sql::on_conflict("triplet", dialect) + ' ';
  const auto given = [dialect](const std::string& column) { return sql::inserted(column, dialect); };
  const auto set = [&](const std::string& column, const std::string& otherwise) {
    statement += column + " = CASE WHEN record_expires <= :now THEN " + given(column) + ' ' + otherwise +
                 " END" + (column == "record_expires" ? "" : ", ");
  };
  const auto greater = [&](const std::string& column, const std::string& sign) {
    return "WHEN " + column + ' ' + sign + ' ' + given(column) + " THEN " + column + " ELSE " + given(column);
  };
  for (const char* const column : {"relay_ip", "create_time", "last_update", "blocked_count"})
    set(column, std::string("ELSE ") + column);
  set("pending_network", "WHEN " + given("passed_count") + " = 0 THEN pending_network");
  set("passed_count", greater("passed_count", ">"));
  set("block_expires", greater("block_expires", "<"));
  set("record_expires", greater("record_expires", ">"));
  administration.ask(statement);
}

// How many of them count in the store already.
std::size_t count_there(Administration& administration, std::span<const Row> rows) {
  return administration.count("greylisting_data WHERE record_expires > :now AND triplet IN (" +
                              key_list(rows, &Row::key) + ')');
}

// A name for each number, in letters: numbers do not tell senders apart.
std::string nobody(long number) {
  constexpr long kLetters = 26;
  std::string name = "any-";
  for (int i = 0; i < 3; ++i, number /= kLetters) name += static_cast<char>('a' + number % kLetters);
  return name;
}

// The identity as which a client has earned it, with its group.
std::vector<ClientToTrust> earned(const KnownClient& client, Settings settings, std::time_t now) {
  const bool is_domain = client.sender.starts_with('@');
  settings.group_domain_level = std::max(settings.group_domain_level, kLeastGroup);
  const std::time_t last = std::min(client.last, now);
  const std::time_t end = last + std::chrono::seconds(settings.auto_allow_expire).count();
  if (end <= now) return {};
  std::vector<ClientToTrust> found;
  // As many senders as make their domain trusted; nobody else has such a name.
  for (long i = 0; i < (is_domain ? settings.group_domain_level : 1); ++i) {
    const std::string name = is_domain ? nobody(i) + client.sender : client.sender;
    const Attempt attempt =
        Attempt::from({.client = client.client, .sender = name, .is_client_alone = name.empty()}, settings);
    const ClientIdentity& identity =
        name.empty() ? attempt.keys.clients.front() : attempt.keys.clients.back();
    found.push_back(
        {.key = ascii::upper(hexadecimal(bytes(identity.key))),
         .name = identity.name,
         .seen = stored_time(last),
         .expires = stored_time(end),
         .passes = name.empty() ? (client.passes > 0 ? client.passes : settings.auto_allow_after) : 1,
         .group = identity.group ? hexadecimal(bytes(*identity.group)) : ""});
  }
  return found;
}

}  // namespace

TakenOver take_over(Administration& administration, const Settings& settings, const Known& known,
                    bool dry_run, LongChange& change) {
  TakenOver taken;
  const std::time_t now = time_of(administration.now()).value_or(std::time(nullptr));
  std::vector<KnownTriplet> triplets;
  std::ranges::copy_if(known.triplets, std::back_inserter(triplets),
                       [&](const KnownTriplet& triplet) { return end_of(triplet, settings, now) > now; });
  taken.over = known.triplets.size() - triplets.size();
  std::vector<std::vector<ClientToTrust>> clients;
  for (const KnownClient& client : known.clients) {
    auto identities = earned(client, settings, now);
    if (!identities.empty()) clients.push_back(std::move(identities));
  }

  change.is_of(triplets.size() + clients.size());
  change.carry_out(triplets, [&](const std::vector<KnownTriplet>& batch) {
    std::vector<Row> rows;
    rows.reserve(batch.size());
    for (const KnownTriplet& triplet : batch) rows.push_back(row_of(triplet, settings, now));
    std::set<std::string> different;
    for (const Row& row : rows) different.insert(row.key());
    const std::size_t there = count_there(administration, rows);
    // Two can be one here, as two addresses of a network are.
    taken.same += there + rows.size() - different.size();
    taken.added += different.size() - there;
    if (!dry_run) put(administration, rows);
  });
  std::set<std::string> networks;
  std::set<std::string> senders;
  change.carry_out(clients, [&](const std::vector<std::vector<ClientToTrust>>& batch) {
    std::vector<ClientToTrust> identities;
    for (const std::vector<ClientToTrust>& each : batch) {
      (each.front().group.empty() ? networks : senders).insert(each.front().key);
      identities.insert(identities.end(), each.begin(), each.end());
    }
    if (!dry_run) trust(administration, identities);
  });
  taken.networks = networks.size();
  taken.senders = senders.size();
  return taken;
}

}  // namespace greylisting::ctl
