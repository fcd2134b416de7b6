#include "store/sqlite_store.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/network.h"
#include "store/statements.h"

namespace greylisting {
namespace {

constexpr auto kSqlite = sql::Dialect::sqlite;

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

}  // namespace

Facts SqliteStore::look(const Attempt& attempt) {
  return sql::facts_in(database_.ask(sql::look_for(attempt, sql::keys_of(attempt, kSqlite))), attempt);
}

void SqliteStore::add_entries(Evidence& evidence, const Attempt& attempt, const Facts& facts) {
  if (facts.has_lists) read_lists();
  const sql::Literals keys = sql::keys_of(attempt, kSqlite);
  sql::add_entries(evidence, database_.ask(sql::entries_for(attempt, facts, keys, kSqlite)), attempt);
}

Recorded SqliteStore::record(const Attempt& attempt, const Facts& facts, const Decision& decision) {
  const sql::Literals keys = sql::keys_of(attempt, kSqlite);
  const std::string earned = sql::earn_for(attempt, facts, decision.earns, keys, kSqlite);
  const std::string record = sql::record_for(attempt, decision, keys, kSqlite);
  Recorded recorded;
  std::optional<SqliteDatabase::Writing> transaction;
  if (!earned.empty()) {
    transaction.emplace(database_);
    database_.run(earned);
  }
  if (!record.empty()) {
    // The first is that of the client's network; it has come as far as the one that came furthest.
    for (const sql::Row& row : database_.ask(record)) {
      const auto number = [&row](std::size_t column) { return std::stoll(row.at(column).value_or("1")); };
      recorded.state = std::max(recorded.state, static_cast<RecordState>(number(0)));
      if (recorded.id == 0) recorded.id = static_cast<std::uint64_t>(number(1));
    }
  }
  if (transaction) transaction->commit();
  return recorded;
}

void SqliteStore::expect(const std::vector<Expectation>& expectations, std::chrono::seconds time) {
  database_.run(sql::expect_for(expectations, time, kSqlite));
}

// SQLite has no function that reads an address, so what MySQL's triggers do is done here, once an entry; some
// at a time, so that of very many new entries those read before the time budget is over stay read.
void SqliteStore::read_lists() {
  constexpr const char* kUnread =
      "SELECT id, ipaddr FROM greylisting_lists WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL LIMIT "
      "1000";
  while (database_.prepare(kUnread).step()) {
    SqliteDatabase::Writing transaction(database_);
    std::vector<std::pair<std::int64_t, std::string>> entries;
    auto unread = database_.prepare(kUnread);
    while (unread.step()) entries.emplace_back(unread.number(0), unread.text(1));
    for (const auto& [id, ipaddr] : entries) {
      const auto network = Network::parse(without_blanks(ipaddr));
      auto update = database_.prepare(
          "UPDATE greylisting_lists SET ipaddr_start = :first, ipaddr_end = :last, ipaddr_prefixsize = "
          ":prefix "
          "WHERE id = :id");
      update.bind(":id", id).bind(":prefix", network ? std::int64_t{network->prefix()} : -1);
      if (network)
        update.bind_blob(":first", network->first().bytes()).bind_blob(":last", network->last().bytes());
      update.step();
    }
    transaction.commit();
  }
}

}  // namespace greylisting
