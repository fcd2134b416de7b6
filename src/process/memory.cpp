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
  void* const block = std::malloc(bytes);
  if (block == nullptr) return;
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto first = reinterpret_cast<std::uintptr_t>(block) / page * page + page;
  madvise(reinterpret_cast<void*>(first), bytes - page, MADV_POPULATE_WRITE);
  std::free(block);
}

}  // namespace greylisting
