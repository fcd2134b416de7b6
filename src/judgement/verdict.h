// verdict: what the stores' SQL says, read into a decision. The words and numbers are those of
// sql/mysql/judge.sql and record.sql, and of the same of sql/sqlite.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "judgement/attempt.h"
#include "judgement/decision.h"

namespace greylisting {

/// Reads `denied entries/3 envelope 550 a reply`, `throttled 500`, …. An entry is followed by what it is
/// about, and then by its reply; `outside/0` is the attempt's match. What is allowed or trusted for the
/// client alone holds for the session. For `greylist N` the reason is Reason::unseen until the record has
/// been read. Throws StoreError when it is none of them.
Decision read_verdict(std::string_view verdict, const Attempt& attempt);

/// What the verdict asks before there can be one, and the version of the lists: `ask 2 317`. Nothing when it
/// is one.
std::pair<Asked, std::string> asked_by(std::string_view verdict);

/// The verdict for an attempt that need not be greylisted, as the SQL wants it: `not-suspicious 0`.
std::string exempting_verdict(Reason reason);

/// The triplet's record as the statement that recorded the attempt found it.
struct RecordedAttempt {
  std::int64_t state = 1;        // as in sql/…/record.sql, from 1 to 6
  std::int64_t id = 0;           // in greylisting_data
  std::int64_t age = 0;          // seconds since the record was created
  std::int64_t blocked_for = 0;  // seconds from now to block_expires, negative when that is past
};

/// Completes the decision of a `greylist` verdict.
void add_record(Decision& decision, const RecordedAttempt& recorded);

/// Completes the decision of a client that is deferred without a record, and told to wait as long as a
/// triplet that is recorded. Does nothing to others.
void add_wait(Decision& decision, std::int64_t blocked_for);

}  // namespace greylisting
