// decision: what can become of one RCPT, and why.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace greylisting {

enum class Outcome { accepted, deferred, rejected };

/// Why. The order follows the order of judgement (README, "How it decides").
enum class Reason {
  not_listed,  // accepted: explicit=1 and neither recipient domain nor client is listed
  denied,      // rejected: an entry of greylisting_lists denies
  allowed,     // accepted: an entry of greylisting_lists allows
  known,       // accepted: the triplet has passed before
  retried,     // accepted: the triplet's first retry after its block
  throttled,   // deferred, nothing recorded: the client's network has max_pending_per_client triplets waiting
  early,       // deferred: the triplet is known and still blocked
  unseen,      // deferred: the triplet is new, or its record had expired
};

/// The words of log lines: `accepted`, `deferred`, `rejected`; `not-listed`, …, `new` for Reason::unseen.
std::string_view name(Outcome outcome);
std::string_view name(Reason reason);

/// The outcome that goes with a reason.
Outcome outcome_of(Reason reason);

struct Decision {
  Reason reason = Reason::unseen;
  std::uint64_t entry = 0;   // id in greylisting_lists that decided, 0 when none did
  std::uint64_t record = 0;  // id in greylisting_data, 0 when no record was looked at
  std::uint64_t pending =
      0;  // triplets of the client's network that were waiting, where a new one came to them
  std::chrono::seconds age{0};   // since the record was created
  std::chrono::seconds left{0};  // until a deferred triplet passes, at least 1; 0 for the others

  Outcome outcome() const { return outcome_of(reason); }
};

}  // namespace greylisting
