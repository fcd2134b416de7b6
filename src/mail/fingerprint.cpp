#include "mail/fingerprint.h"

#include <sys/types.h>

#include <sha2.h>

#include <algorithm>
#include <cstdint>

#include "text/printable.h"

namespace greylisting {
namespace {

constexpr std::size_t kStoredDigits = 16;

using Digest = std::array<std::uint8_t, SHA256_DIGEST_LENGTH>;

Digest sha256(std::string_view first, std::string_view second) {
  Digest digest{};
  SHA2_CTX context;
  SHA256Init(&context);
  for (const std::string_view part : {first, second})
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
  SHA256Final(digest.data(), &context);
  return digest;
}

std::string_view text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest hmac_sha256(std::string_view secret, std::string_view message) {
  constexpr char kInner = 0x36;
  constexpr char kOuter = 0x5c;
  const Digest short_secret = sha256(secret, {});
  std::string inner(SHA256_BLOCK_LENGTH, kInner);
  std::string outer(SHA256_BLOCK_LENGTH, kOuter);
  const std::string_view used = secret.size() > SHA256_BLOCK_LENGTH ? text(short_secret) : secret;
  for (std::size_t i = 0; i < used.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ used[i]);
    outer[i] = static_cast<char>(outer[i] ^ used[i]);
  }
  return sha256(outer, text(sha256(inner, message)));
}

}  // namespace

Fingerprint Fingerprinter::of(std::string_view input) const {
  const Digest digest = secret_.empty() ? sha256(input, {}) : hmac_sha256(secret_, input);
  Fingerprint fingerprint{};
  std::copy_n(digest.begin(), fingerprint.size(), fingerprint.begin());
  return fingerprint;
}

std::string Fingerprinter::stored(const Address& address) const {
  if (secret_.empty() || address.text().empty()) return printable(address.text());
  const auto at = address.text().rfind('@');
  const std::string local_part =
      hexadecimal(bytes(of("local part " + address.text()))).substr(0, kStoredDigits);
  return at == std::string::npos ? local_part : local_part + '@' + stored_domain(address.domain());
}

std::string Fingerprinter::stored_domain(std::string_view domain) const {
  if (secret_.empty()) return printable(domain);
  return hexadecimal(bytes(of("domain " + std::string(domain)))).substr(0, kStoredDigits);
}

}  // namespace greylisting
