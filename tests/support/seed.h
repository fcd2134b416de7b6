// seed: what random tests begin with, the same each time.
#pragma once

namespace greylisting::test {

inline constexpr unsigned kSeed = 20261126;

}  // namespace greylisting::test
