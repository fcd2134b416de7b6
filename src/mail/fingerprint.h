// fingerprint: the fixed-size keys that identities hash to, and addresses that nobody is to read.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "mail/address.h"

namespace greylisting {

/// 16 bytes: a key of either store.
using Fingerprint = std::array<char, 16>;

inline std::string_view bytes(const Fingerprint& fingerprint) {
  return {fingerprint.data(), fingerprint.size()};
}

class Fingerprinter {
 public:
  /// Without a secret fingerprints are SHA-256, which whoever knows the input can compute. With one
  /// (privacy=hash) they are HMAC-SHA-256 (RFC 2104), which tells nothing to whoever does not have it.
  explicit Fingerprinter(std::string secret = {}) : secret_(std::move(secret)) {}

  /// The first 16 bytes of the hash.
  Fingerprint of(std::string_view input) const;

  /// An address, or a domain, as it is stored: printable ASCII; with a secret, local part and domain each as
  /// 16 hexadecimal digits, so that records of one domain can still be told to belong together. The null
  /// sender stays empty.
  std::string stored(const Address& address) const;
  std::string stored_domain(std::string_view domain) const;

 private:
  std::string secret_;
};

}  // namespace greylisting
