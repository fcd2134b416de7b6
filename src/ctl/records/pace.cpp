#include "ctl/records/pace.h"

#include <algorithm>

namespace greylisting::ctl {

std::chrono::steady_clock::duration Pace::rest_after(const Expiry::Slice& slice) {
  using Duration = std::chrono::steady_clock::duration;
  const double share = std::chrono::duration<double>(kTransaction) / std::max(slice.held, Duration(1));
  const double change = std::clamp(share, 0.5, 2.0);
  // One that was not full says nothing of a larger one.
  if (change < 1 || slice.rows >= rows_)
    rows_ = std::clamp(static_cast<unsigned>(rows_ * change), kFewest, kMost);
  return said_rest_ ? Duration(*said_rest_) : kRest * slice.held;
}

}  // namespace greylisting::ctl
