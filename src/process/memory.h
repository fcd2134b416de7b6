// memory: pages of this process, before they are used.
#pragma once

#include <cstddef>

namespace greylisting {

/// Has the kernel give `bytes` of the heap at once, some pages or more. Otherwise it gives each page when it
/// is touched first, which costs ten times as much, and is much of what a process of a millisecond costs. A
/// kernel that cannot (Linux before 5.14), or a memory limit, changes nothing.
void prepare_heap(std::size_t bytes);

}  // namespace greylisting
