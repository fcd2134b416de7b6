// free_port: a port of 127.0.0.1 that nobody listened on a moment ago.
#pragma once

#include <cstdint>

namespace greylisting::test {

/// Throws std::runtime_error when there is none.
std::uint16_t free_port();

/// Binds a socket of IPv4 to such a port. Throws likewise.
std::uint16_t bind_to_free_port(int socket);

}  // namespace greylisting::test
