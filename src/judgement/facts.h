// facts: what the store knows of an attempt before it is judged. Rows, not words; times are seconds from the
// store's now.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lists/matching_entry.h"
#include "mail/expectation.h"
#include "mail/triplet.h"

namespace greylisting {

struct Facts {
  /// A record of the triplet that has not expired.
  struct Record {
    std::uint64_t id = 0;                 // in greylisting_data
    std::chrono::seconds age{0};          // since it was created
    std::chrono::seconds blocked_for{0};  // to the end of its block, negative when that is past
    std::uint64_t blocked = 0;            // attempts deferred; 0 when greylistctl pass has made it
    std::uint64_t passed = 0;             // attempts accepted
    std::chrono::seconds expires_in{0};   // to the end of the record
    bool is_former = false;               // under the key of schema 4 (Keys::former)

    friend bool operator==(const Record&, const Record&) = default;
  };

  /// What a client has earned under one of its identities (Keys::clients).
  struct Client {
    std::uint64_t passes = 0;              // hours in which mail of it has passed
    bool is_counted = false;               // this hour already
    std::chrono::seconds trapped_for{-1};  // how much longer it is denied; not positive when it is not

    friend bool operator==(const Client&, const Client&) = default;
  };

  /// That this mail is expected, by the narrowest of what there is.
  struct ExpectedFor {
    Expected who = Expected::sender;
    std::chrono::seconds expires_in{0};

    friend bool operator==(const ExpectedFor&, const ExpectedFor&) = default;
  };

  std::optional<Record> record{};       // under the client's network
  std::optional<Record> pool_record{};  // under the domain that vouches for the client
  std::optional<Client> client{};       // the client's network
  std::optional<Client> pool{};         // the domain that vouches for it
  std::optional<Client> sender{};       // with group_domain_level: the sender on that network
  std::optional<ExpectedFor> expected{};
  std::uint64_t group = 0;   // senders of its domain that have passed there, group_domain_level at most
  bool has_lists = false;    // greylisting_lists has rows
  bool has_denials = false;  // an entry denies or traps somebody
  bool has_regexps = false;
  std::string now{};  // YYYY-MM-DD hh:mm:ss, UTC

  std::optional<Client>& earned_as(Earner earner) {
    return earner == Earner::network ? client : earner == Earner::pool ? pool : sender;
  }
  const std::optional<Client>& earned_as(Earner earner) const {
    return earner == Earner::network ? client : earner == Earner::pool ? pool : sender;
  }

  /// Whether there is a record, how long the block is that ends first, when the first was made, how often at
  /// most it was deferred, and whether it ever passed: those of a triplet count together.
  bool has_record() const { return record || pool_record; }
  std::chrono::seconds blocked_for() const;
  std::chrono::seconds age() const;
  std::uint64_t blocked() const;
  bool has_passed() const;
  /// Whether its block is over. The last second of a block still belongs to it.
  bool is_past_block() const { return has_record() && blocked_for().count() < 0; }

  friend bool operator==(const Facts&, const Facts&) = default;
};

/// What is asked after the facts, as far as it can change what becomes of the attempt.
struct Evidence {
  bool has_entries = false;     // the store's entries that match, and how many triplets wait
  bool has_denials = false;     // the expressions of the store that deny, and control/greylisting_deny
  bool has_allowances = false;  // the expressions that allow, control/greylisting_allow, allow_lists
  bool has_rules = false;       // suspicious_rules

  std::vector<MatchingEntry> matches{};  // of equals the first counts
  std::vector<StoredRegexp> regexps{};
  std::uint64_t waiting = 0;   // triplets of the network, where this one has no record; max_pending at most
  bool breaks_a_rule = false;  // of suspicious_rules
};

/// What a record was when an attempt was written to it. The numbers are those of sql/…/record.sql.
enum class RecordState {
  created = 1,        // there was none, or it had expired
  early_first = 2,    // still blocked, deferred once before
  early_again = 3,    // deferred more often
  retried_first = 4,  // past its block for the first time, deferred once before
  retried_again = 5,  // deferred more often
  known = 6,          // past it before
};

/// What became of the record.
struct Recorded {
  RecordState state = RecordState::created;
  std::uint64_t id = 0;  // in greylisting_data
};

}  // namespace greylisting
