#include "triplet.h"

#include <sys/types.h>

#include <sha2.h>

#include <algorithm>
#include <string>

namespace greylisting {

TripletKey Triplet::key() const {
  std::string identity;
  identity += network.first().is_ipv4() ? '4' : '6';
  identity += static_cast<char>(network.prefix());
  identity += network.first().bytes();
  identity += '\0';
  identity += sender.text();
  identity += '\0';
  identity += recipient.text();

  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(identity.data()), identity.size());
  SHA256Final(digest.data(), &context);

  TripletKey key{};
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

}  // namespace greylisting
