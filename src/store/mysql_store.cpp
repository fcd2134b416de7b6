#include "store/mysql_store.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "store/sql.h"
#include "store/statements.h"

namespace greylisting {
namespace {

constexpr auto kMySql = sql::Dialect::mysql;

}  // namespace

Facts MysqlStore::look(const Attempt& attempt) {
  const std::string statement = sql::look_for(attempt, sql::keys_of(attempt, kMySql));
  return sql::facts_in(connection_.run_with_retry(statement), attempt);
}

void MysqlStore::add_entries(Evidence& evidence, const Attempt& attempt, const Facts& facts) {
  const std::string statement = sql::entries_for(attempt, facts, sql::keys_of(attempt, kMySql), kMySql);
  sql::add_entries(evidence, connection_.run_with_retry(statement), attempt);
}

// What is earned comes first: the record alone must not be written twice when all of it is run again.
Recorded MysqlStore::record(const Attempt& attempt, const Facts& facts, const Decision& decision) {
  const sql::Literals keys = sql::keys_of(attempt, kMySql);
  const std::string record = sql::record_for(attempt, decision, keys, kMySql);
  const std::string statements = sql::earn_for(attempt, facts, decision.earns, keys, kMySql) + record;
  const bool is_there = facts.record && !facts.record->is_former;
  Recorded recorded{.id = is_there ? facts.record->id : sql::record_id(attempt.keys.triplet)};
  if (statements.empty()) return recorded;
  connection_.run_with_retry(statements);
  // Nothing of a record that is new.
  if (!record.empty())
    recorded.state = static_cast<RecordState>(std::clamp<std::uint64_t>(connection_.insert_id(), 1, 6));
  return recorded;
}

void MysqlStore::expect(const std::vector<Expectation>& expectations, std::chrono::seconds time) {
  connection_.run_with_retry(sql::expect_for(expectations, time, kMySql));
}

}  // namespace greylisting
