// free_port: a port of 127.0.0.1 that nobody listened on a moment ago.
#pragma once

#include <cstdint>

namespace greylisting::test {

/// Throws std::runtime_error when there is none.
std::uint16_t free_port();

}  // namespace greylisting::test
