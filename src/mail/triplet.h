// triplet: what makes two delivery attempts the same (RFC 6647, section 2.3), what makes two clients the
// same, and the fixed-size keys that they hash to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mail/address.h"
#include "mail/fingerprint.h"
#include "mail/network.h"

namespace greylisting {

/// What two attempts have to have in common. `smart` is `triplet` with the exact address in place of the
/// network of clients that no network stands for (attempt.cpp).
enum class Match { triplet, network, sender, envelope, smart };

struct Triplet {
  IpAddress client;   // as it connected
  Network network;    // the client network that counts
  Address sender;     // normal form
  Address recipient;  // normal form
  Match match = Match::triplet;
  std::string helo{};  // lower case; with match_helo=1 it counts, too; otherwise empty
  // The sender's domain where it vouches for the client: SPF has said that this client may send its mail.
  std::optional<std::string> pool{};

  /// The hash of
  ///     '4' or '6' | prefix length, one byte | first address of the network, 4 or 16 bytes |
  ///     0 | form of the sender (sender_form.h) | 0 | recipient
  /// where `match` leaves out the client, '*' stands for it; where it leaves out the sender or recipient, a
  /// byte 1 stands for 0 and the address; with match_helo=1 it ends with 2 | HELO. An address has no NUL, so
  /// different triplets have different inputs.
  Fingerprint key(const Fingerprinter& fingerprinter = Fingerprinter()) const;

  /// The same with 'p' and the pool in place of the network; nothing where no domain vouches or the client
  /// does not count.
  std::optional<Fingerprint> pool_key(const Fingerprinter& fingerprinter = Fingerprinter()) const;

  /// That key and, where the sender's form is not the sender, the one of schema 4 and before, which has the
  /// sender as it came; sql/mysql/upgrade-from-0.5.sql computes that one. greylistctl migrate replaces it.
  std::vector<Fingerprint> keys(const Fingerprinter& fingerprinter = Fingerprinter()) const;
  std::vector<Fingerprint> pool_keys(const Fingerprinter& fingerprinter = Fingerprinter()) const;
};

/// As what a client earns trust: its network; the domain that vouches for it; with group_domain_level the
/// sender on that network, who is one of his domain's group there.
enum class Earner { network, pool, sender, group };

/// Who earns trust: a key, and what it stands for in words for people.
struct ClientIdentity {
  Earner earner;
  Fingerprint key;
  std::string name;
  std::optional<Fingerprint> group{};  // the identity to which it belongs, if it does
};

/// The client's network: `192.0.2.0/24`.
ClientIdentity client_identity(const Triplet& triplet, const Fingerprinter& fingerprinter);

/// The domain that vouches for the client, if one does.
std::optional<ClientIdentity> pool_identity(const Triplet& triplet, const Fingerprinter& fingerprinter);

/// The sender on the client's network, `alice@example.net on 192.0.2.0/24`, and its domain there, which is
/// its group. Nothing for the null sender.
std::optional<ClientIdentity> sender_identity(const Triplet& triplet, const Fingerprinter& fingerprinter);
std::optional<ClientIdentity> group_identity(const Triplet& triplet, const Fingerprinter& fingerprinter);

}  // namespace greylisting
