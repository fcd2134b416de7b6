#include "sqlite_store.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "printable.h"
#include "sql.h"
#include "verdict.h"

namespace greylisting {
namespace {

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

Decision SqliteStore::decide(const Attempt& attempt) {
  const TripletKey key = attempt.triplet.key();
  std::string verdict = judge(attempt, key);
  while (verdict.starts_with("unread ")) {
    read_entries();
    verdict = judge(attempt, key);
  }
  Decision decision = read_verdict(verdict, attempt);
  if (decision.reason == Reason::unseen) record(attempt, key, decision);
  return decision;
}

std::string SqliteStore::judge(const Attempt& attempt, const TripletKey& key) {
  const Triplet& triplet = attempt.triplet;
  auto statement = database_.prepare(
      sql::with_literals(sql::sqlite_judge, {{"networks", sql::network_literals(triplet.client)}}));
  statement.bind(":explicit", attempt.only_listed ? 1 : 0)
      .bind_blob(":client", triplet.client.bytes())
      .bind_text(":domain", printable(triplet.recipient.domain()))
      .bind_blob(":triplet", {key.data(), key.size()})
      .bind_blob(":network", triplet.network.first().bytes())
      .bind(":max_pending", attempt.max_pending);
  statement.step();
  return statement.text(0);
}

void SqliteStore::record(const Attempt& attempt, const TripletKey& key, Decision& decision) {
  const Triplet& triplet = attempt.triplet;
  auto statement = database_.prepare(sql::sqlite_record);
  statement.bind_blob(":triplet", {key.data(), key.size()})
      .bind_blob(":client", triplet.client.bytes())
      .bind_blob(":network", triplet.network.first().bytes())
      .bind_text(":sender", printable(triplet.sender.text()))
      .bind_text(":recipient", printable(triplet.recipient.text()))
      .bind(":block_expire", attempt.block_expire.count())
      .bind(":record_expire", attempt.record_expire.count())
      .bind(":record_expire_good", attempt.record_expire_good.count());
  statement.step();
  add_record(decision, {.state = statement.number(0),
                        .id = statement.number(1),
                        .age = statement.number(2),
                        .blocked_for = statement.number(3)});
  statement.step();  // to its end, which commits
}

// SQLite has no function that reads an address, so what MySQL's triggers do is done here, once an entry; some
// at a time, so that of very many new entries those read before the time budget is over stay read.
void SqliteStore::read_entries() {
  std::vector<std::pair<std::int64_t, std::string>> entries;
  auto unread = database_.prepare(
      "SELECT id, ipaddr FROM greylisting_lists WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL LIMIT "
      "1000");
  while (unread.step()) entries.emplace_back(unread.number(0), unread.text(1));

  database_.run("SAVEPOINT read_entries");
  for (const auto& [id, ipaddr] : entries) {
    const auto network = Network::parse(without_blanks(ipaddr));
    auto update = database_.prepare(
        "UPDATE greylisting_lists SET ipaddr_start = :first, ipaddr_end = :last, ipaddr_prefixsize = :prefix "
        "WHERE id = :id AND ipaddr = :ipaddr");
    update.bind(":id", id)
        .bind_text(":ipaddr", ipaddr)
        .bind(":prefix", network ? std::int64_t{network->prefix()} : -1);
    if (network)
      update.bind_blob(":first", network->first().bytes()).bind_blob(":last", network->last().bytes());
    update.step();
  }
  database_.run("RELEASE read_entries");
}

}  // namespace greylisting
