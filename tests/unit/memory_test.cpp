#include "process/memory.h"

#include <sys/resource.h>

#include <cstddef>
#include <cstring>
#include <memory>

#include "tests/support/catch.h"

namespace greylisting {
namespace {

long page_faults() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace

TEST_CASE("what was prepared of the heap is used without a page fault", "[memory]") {
  constexpr std::size_t kBytes = std::size_t{2} << 20U;
  constexpr std::size_t kPages = kBytes / 4096;
  prepare_heap(kBytes);
  const long before = page_faults();
  const auto block = std::make_unique_for_overwrite<char[]>(kBytes - kBytes / 8);
  std::memset(block.get(), 1, kBytes - kBytes / 8);
  CHECK(block[kBytes / 2] == 1);
  CHECK(page_faults() - before < static_cast<long>(kPages / 8));
}

}  // namespace greylisting
