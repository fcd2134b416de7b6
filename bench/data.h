// data: stores as large as they get, made in seconds or a few minutes.
#pragma once

#include <cstddef>

#include "tests/support/installation.h"

namespace greylisting::bench {

/// Adds that many triplets; a tenth of them wait in the network 192.0.2.0/24, another tenth are of the null
/// sender. The indexes are made when the rows are there.
void add_triplets(const test::Installation& installation, std::size_t count);

/// Adds that many networks, IPv4 and IPv6 in turn and nested, and a tenth as many domains, to
/// greylisting_lists and to greylisting_entries. None holds 192.0.2.0/24, which lies in their middle.
void add_list_entries(const test::Installation& installation, std::size_t count);

/// Adds that many expired triplets.
void add_expired(const test::Installation& installation, std::size_t count);

}  // namespace greylisting::bench
