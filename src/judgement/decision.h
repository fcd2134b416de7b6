// decision: what can become of one RCPT, and why.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace greylisting {

enum class Outcome { accepted, deferred, rejected };

/// Why. The order follows the order of judgement (README, "How it decides").
enum class Reason {
  too_many,        // deferred, before the store is asked: the message has max_recipients recipients already
  shared,          // deferred, nothing recorded: it would pass, but with stage=data the message is refused
  opted_out,       // accepted: an entry says that this recipient is not to be greylisted
  denied,          // rejected: the list entry that counts denies
  allowed,         // accepted: the list entry that counts allows
  not_listed,      // accepted: explicit=1 and neither recipient nor client is listed
  trusted,         // accepted: the client has passed often enough
  trap,            // deferred: the recipient is a trap, and the client's network is denied from now on
  trapped,         // rejected: the client's network has been in a trap
  retried,         // accepted: the triplet's first retry after its block
  known,           // accepted: the triplet has passed before
  expected,        // accepted: an answer to mail of the recipient, or what greylistctl expect says
  null_sender,     // accepted: null_sender=accept, and the sender is null
  not_suspicious,  // accepted: greylist=suspicious or unvouched, and the client is not
  early,           // deferred: the triplet is known and still blocked
  throttled,       // deferred, nothing recorded: the client's network has max_pending_per_client triplets
                   // waiting
  new_triplet,     // deferred: the triplet is new, or its record had expired
};

/// The words of log lines: `accepted`, `deferred`, `rejected`; `not-listed`, …, `new` for
/// Reason::new_triplet.
std::string_view name(Outcome outcome);
std::string_view name(Reason reason);

/// The reason with that name; nothing when there is none.
std::optional<Reason> reason_of(std::string_view word);

/// Every reason, in that order.
inline constexpr std::array kReasons{
    Reason::too_many,   Reason::shared,     Reason::opted_out,   Reason::denied,         Reason::allowed,
    Reason::not_listed, Reason::trusted,    Reason::trap,        Reason::trapped,        Reason::retried,
    Reason::known,      Reason::expected,   Reason::null_sender, Reason::not_suspicious, Reason::early,
    Reason::throttled,  Reason::new_triplet};

/// The outcome that goes with a reason.
Outcome outcome_of(Reason reason);

/// What the client earns by an attempt.
enum class Earns {
  nothing,
  take_back,  // the pass that was counted for a recipient before, which the host has refused, is not one
  pass,       // its mail has passed in this hour
  seen,       // it is trusted, and stays so
  trap,       // it has been in a trap: its network is denied for a while, and what it has earned is lost
  fall,       // what it has earned is lost
};

struct Decision {
  Reason reason = Reason::new_triplet;
  std::string entry{};        // where the entry that decided is: `lists/17` for row 17 of greylisting_lists,
                              // `entries/3`, `control/greylisting_allow:12`, GREYLISTING; empty when none did
  std::string reply{};        // a text of its own for the answer; empty for defer_message or reject_message
  std::uint64_t record = 0;   // id in greylisting_data, 0 when no record was looked at
  std::uint64_t pending = 0;  // triplets of the client's network that wait, where a new one comes to as many
                              // as may, or to one less; otherwise 0
  std::chrono::seconds age{0};   // since the record was created
  bool is_first_retry = false;   // of a triplet that was deferred once before
  std::chrono::seconds left{0};  // until a deferred triplet passes, at least 1; 0 for the others

  // What is recorded of it.
  Earns earns = Earns::nothing;
  std::chrono::seconds blocked_for{0};    // from now to the end of the block, negative when that is past
  std::chrono::minutes record_expire{0};  // life of a new record

  Outcome outcome() const { return outcome_of(reason); }
  /// Whether the triplet has a record, or gets one.
  bool is_recorded() const {
    return reason == Reason::retried || reason == Reason::known || reason == Reason::early ||
           reason == Reason::new_triplet;
  }
};

}  // namespace greylisting
