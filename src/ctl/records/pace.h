// pace: how much of what has expired a clean-up deletes at once, and how long it rests then.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "ctl/records/expiry.h"

namespace greylisting::ctl {

/// A decision that wants what a transaction holds waits for its end: that is no longer than a decision takes
/// anyway, and in between the store has time for decisions, and for what a deletion leaves it to do. A slow
/// or busy store thus gets small transactions and long rests, and a fast one is soon done.
class Pace {
 public:
  /// `rows` and `rest_ms` where somebody has said so.
  Pace(std::optional<unsigned> rows, std::optional<unsigned> rest_ms) : said_rows_(rows) {
    if (rest_ms) said_rest_.emplace(*rest_ms);
  }

  /// How many rows the next transaction is to delete.
  std::size_t rows() const { return said_rows_.value_or(rows_); }

  /// How long to rest after this one.
  std::chrono::steady_clock::duration rest_after(const Expiry::Slice& slice);

  static constexpr std::chrono::milliseconds kTransaction{5};
  static constexpr int kRest = 3;  // times as long as the transaction took
  static constexpr unsigned kFewest = 250;
  static constexpr unsigned kMost = 5000;

 private:
  std::optional<unsigned> said_rows_;
  std::optional<std::chrono::milliseconds> said_rest_;
  unsigned rows_ = kFewest;
};

}  // namespace greylisting::ctl
