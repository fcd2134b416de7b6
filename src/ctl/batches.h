// batches: many rows, some at a time, so that no statement has a decision wait for long.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <vector>

namespace greylisting::ctl {

inline constexpr std::size_t kBatch = 1000;

/// Calls `act` with `size` of them after another, until it returns false; one that returns nothing is called
/// with all. Returns whether all had their turn.
template <typename Row, typename Act>
bool in_batches(const std::vector<Row>& rows, const Act& act, std::size_t size = kBatch) {
  for (auto begin = rows.begin(); begin != rows.end();) {
    const auto end = begin + std::min(static_cast<std::ptrdiff_t>(size), rows.end() - begin);
    const std::vector<Row> batch(begin, end);
    if constexpr (std::is_void_v<decltype(act(batch))>) {
      act(batch);
    } else {
      if (!act(batch)) return false;
    }
    begin = end;
  }
  return true;
}

}  // namespace greylisting::ctl
