#include "process/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace greylisting {

void prepare_heap(std::size_t bytes) {
  // So that the block is of the heap, which keeps it.
  const int more = 2 * static_cast<int>(bytes);
  mallopt(M_MMAP_THRESHOLD, more);
  mallopt(M_TRIM_THRESHOLD, more);
  auto* const block = static_cast<char*>(std::malloc(bytes));
  if (block == nullptr) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t to_next_page = page - reinterpret_cast<std::uintptr_t>(block) % page;
  madvise(block + to_next_page, bytes - page, MADV_POPULATE_WRITE);
  std::free(block);
}

}  // namespace greylisting
