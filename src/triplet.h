// triplet: what makes two delivery attempts the same (RFC 6647, section 2.3), and the fixed-size key it
// hashes to.
#pragma once

#include <array>

#include "address.h"
#include "network.h"

namespace greylisting {

/// 16 bytes, the primary key of a record in either store.
using TripletKey = std::array<char, 16>;

struct Triplet {
  IpAddress client;   // as it connected
  Network network;    // the client network that counts, by ipv4_prefix or ipv6_prefix
  Address sender;     // normal form
  Address recipient;  // normal form

  /// The first 16 bytes of the SHA-256 of
  ///     '4' or '6' | prefix length, one byte | first address of the network, 4 or 16 bytes |
  ///     0 | sender | 0 | recipient
  /// An address has no NUL, so different triplets have different inputs. sql/mysql/upgrade-from-0.5.sql
  /// computes the same.
  TripletKey key() const;
};

}  // namespace greylisting
