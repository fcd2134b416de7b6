// statements: what is asked of a store and written to it for one attempt, and what it answers, the same for
// every store.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "judgement/attempt.h"
#include "judgement/decision.h"
#include "judgement/facts.h"
#include "mail/expectation.h"
#include "store/sql.h"

namespace greylisting::sql {

/// A row of an answer; nothing for NULL.
using Row = std::vector<std::optional<std::string>>;

/// What finds an attempt: `:now`, `:triplets` and `:clients`, its keys and those of the client's identities,
/// `:client` and `:network`, addresses, `:group`, and the limits `:max_pending` and `:group_domain_level`.
Literals keys_of(const Attempt& attempt, Dialect dialect);

/// What finds the entries that match it: `:subjects` and `:networks`, the recipient's `:domain` and its
/// `:domain_specificity`.
Literals list_keys_of(const Attempt& attempt, Dialect dialect);

/// sql/look.sql, and what its rows say. `keys` are those of the attempt, in this and the following.
std::string look_for(const Attempt& attempt, const Literals& keys);
Facts facts_in(const std::vector<Row>& rows, const Attempt& attempt);

/// sql/entries.sql with, for a triplet without a record, sql/waiting.sql; adds to the evidence what its rows
/// say. Of equals the entries of greylisting_lists come first, then the newest.
std::string entries_for(const Attempt& attempt, const Facts& facts, const Literals& keys, Dialect dialect);
void add_entries(Evidence& evidence, const std::vector<Row>& rows, const Attempt& attempt);

/// sql/earn.sql for each identity that earns, and what becomes of its group, or sql/take_back.sql; empty when
/// nothing is earned or lost.
std::string earn_for(const Attempt& attempt, const Facts& facts, Earns earns, const Literals& keys,
                     Dialect dialect);

/// sql/…/record.sql; empty when the decision is not recorded.
std::string record_for(const Attempt& attempt, const Decision& decision, const Literals& keys,
                       Dialect dialect);

/// sql/expect.sql for each of them.
std::string expect_for(const std::vector<Expectation>& expectations, std::chrono::seconds time,
                       Dialect dialect);

/// For each record of an attempt the words of `:key`, `:id` (MySQL), `:pending`, its network while it waits,
/// and `:pool`; that of the client's network first.
struct RecordKey {
  std::string key;
  std::string id;
  std::string network;  // NULL in the record of a pool
  std::string pool;     // NULL in that of a network
};
std::vector<RecordKey> records_of(const Attempt& attempt, Dialect dialect);

/// The columns for people to read, as literals, no longer than the columns.
std::string stored_sender(const Attempt& attempt, Dialect dialect);
std::string stored_recipient(const Attempt& attempt, Dialect dialect);

}  // namespace greylisting::sql
