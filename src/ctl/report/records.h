// records: what the records that there are come to, and those that are counted in the history.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/records/recipient_domain.h"
#include "ctl/report/name_counts.h"

namespace greylisting::ctl {

/// Triplets by what has become of them.
struct RecordCounts {
  std::uint64_t passed = 0;
  std::uint64_t retried = 0;  // deferred more than once, and never passed
  std::uint64_t never_retried = 0;
  std::uint64_t undecided = 0;  // have not passed, and their time is not over

  void add(const RecordCounts& others);
  /// What shares are of. One of the decided alone would be of those that passed, soon after they had come:
  /// that a triplet is never retried is known only when its time is over.
  std::uint64_t all() const { return passed + retried + never_retried + undecided; }
};

/// The messages of a domain that came from several networks (moved_messages.h).
struct PoolCounts {
  std::string domain;
  std::uint64_t in_vain = 0;  // never-retried records of other networks than the first one
  std::uint64_t messages = 0;
  std::uint64_t networks = 0;       // the most that one of them came from
  std::chrono::seconds longest{0};  // wait of one of them
};

struct RecordFigures {
  std::map<std::string, RecordCounts> days{};  // by `2026-11-21`, when their triplets were first seen
  NameCounts clients{};                        // of the never-retried ones: networks
  NameCounts sender_domains{};
  NameCounts recipients{};
  std::map<std::string, PoolCounts, std::less<>> pools{};  // by domain
  std::map<std::string, std::uint64_t> moved_clients{};    // those of `clients` that are of such a message
  std::map<std::string, std::uint64_t> moved_sender_domains{};
  std::map<std::string, std::uint64_t> moved_recipients{};
  bool may_count_twice = false;  // what was deleted while it was read, among the records and as deleted
};

/// What is asked for: triplets that were first seen from `since` on and before `until`, and by the day alone
/// from `earlier` on, midnights as the stores have them.
struct RecordSpan {
  std::string since;
  std::string until;
  std::string earlier{};     // empty for none
  RecipientDomain domain{};  // of the mail to it alone; of names only recipients are known then
};

/// Counts the records that there are, read in slices by their key, each in a statement of its own, so that
/// nobody who writes has to wait; and those that the clean-up has deleted. Where it deletes some meanwhile
/// all are read again, for as long as `patience`. Throws StoreError.
RecordFigures read_records(Administration& administration, const Settings& settings, const RecordSpan& span,
                           std::chrono::seconds patience = std::chrono::minutes(1));

}  // namespace greylisting::ctl
