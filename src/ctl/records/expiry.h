// expiry: deletes what is over, a slice at a time, each in a short transaction, and counts in the history
// what records it were.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "ctl/records/history.h"
#include "store/administration.h"

namespace greylisting::ctl {

class Expiry {
 public:
  /// Deletes what is over now, at most `slice` rows at a time.
  Expiry(Administration& administration, const Settings& settings, unsigned slice);

  /// Deletes some triplets' records; with history_expire=0 without counting them. Returns how many; fewer
  /// than `slice` when no more are left. Throws StoreError.
  std::uint64_t delete_records();

  /// Deletes some of what clients have earned. Likewise.
  std::uint64_t delete_clients();

  unsigned slice() const { return slice_; }

 private:
  std::vector<HistoryRow> counted(const std::vector<Administration::Row>& records);

  Administration& administration_;
  History history_;
  const Settings& settings_;
  unsigned slice_;
  std::string now_;

  // The networks from which the never-retried ones came, by a hash of sender and recipient.
  std::unordered_map<std::size_t, std::size_t> tried_from_{};
};

}  // namespace greylisting::ctl
