#include "sqlite_store.h"

#include <algorithm>

#include "printable.h"
#include "sql.h"

namespace greylisting {

Decision SqliteStore::decide(const Attempt& attempt) {
  const Decision listed = judge_lists(attempt);
  return listed.reason == Reason::unseen ? record_triplet(attempt) : listed;
}

Decision SqliteStore::judge_lists(const Attempt& attempt) {
  const IpAddress& client = attempt.triplet.client;
  const std::string statement =
      sql::with_literals(sql::sqlite_judge_lists, {{"networks", sql::network_literals(client)}});
  for (;;) {
    auto entry = database_.prepare(statement);
    entry.bind(":explicit", attempt.only_listed ? 1 : 0)
        .bind_blob(":client", client.bytes())
        .bind_text(":domain", printable(attempt.triplet.recipient.domain()));
    Decision decision;
    if (!entry.step()) {
      decision.reason = attempt.only_listed ? Reason::not_listed : Reason::unseen;
      return decision;
    }
    const std::string verdict = entry.text(0);
    if (verdict == "unread") {
      read_entries();
      continue;
    }
    decision.entry = static_cast<std::uint64_t>(entry.number(1));
    decision.reason = verdict == "denied"    ? Reason::denied
                      : verdict == "allowed" ? Reason::allowed
                                             : Reason::unseen;
    return decision;
  }
}

Decision SqliteStore::record_triplet(const Attempt& attempt) {
  const TripletKey key = attempt.triplet.key();
  auto record = database_.prepare(sql::sqlite_record_triplet);
  record.bind_blob(":triplet", {key.data(), key.size()})
      .bind_blob(":client", attempt.triplet.client.bytes())
      .bind_text(":sender", printable(attempt.triplet.sender.text()))
      .bind_text(":recipient", printable(attempt.triplet.recipient.text()))
      .bind(":block_expire", attempt.block_expire.count())
      .bind(":record_expire", attempt.record_expire.count())
      .bind(":record_expire_good", attempt.record_expire_good.count());
  if (!record.step()) throw StoreError("SQLite: the decision has no answer", "greylistctl check says more");

  Decision decision;
  switch (record.number(0)) {
    case 2:
      decision.reason = Reason::early;
      break;
    case 3:
      decision.reason = Reason::retried;
      break;
    case 4:
      decision.reason = Reason::known;
      break;
    default:
      decision.reason = Reason::unseen;
      break;
  }
  decision.record = static_cast<std::uint64_t>(record.number(1));
  decision.age = std::chrono::seconds(record.number(2));
  if (decision.outcome() == Outcome::deferred) {
    // The last second of a block is still deferred.
    decision.left = std::chrono::seconds(std::max<std::int64_t>(0, record.number(3)) + 1);
  }
  record.step();  // to its end, which commits
  return decision;
}

// SQLite has no function that reads an address, so what MySQL's triggers do is done here, once an entry.
void SqliteStore::read_entries() {
  std::vector<std::pair<std::int64_t, std::string>> entries;
  auto unread = database_.prepare(
      "SELECT id, ipaddr FROM greylisting_lists WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL");
  while (unread.step()) entries.emplace_back(unread.number(0), unread.text(1));

  for (const auto& [id, ipaddr] : entries) {
    const auto network = Network::parse(ipaddr);
    auto update = database_.prepare(
        "UPDATE greylisting_lists SET ipaddr_start = :first, ipaddr_end = :last, ipaddr_prefixsize = :prefix "
        "WHERE id = :id AND ipaddr = :ipaddr");
    update.bind(":id", id).bind_text(":ipaddr", ipaddr).bind(":prefix", network ? network->prefix() : -1);
    if (network)
      update.bind_blob(":first", network->first().bytes()).bind_blob(":last", network->last().bytes());
    update.step();
  }
}

}  // namespace greylisting
