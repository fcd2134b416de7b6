#include "attempt.h"

#include <stdexcept>

namespace greylisting {

Attempt Attempt::from(const Session& session, const Settings& settings) {
  const auto client = IpAddress::parse(session.client);
  if (!client) {
    throw std::runtime_error("TCPREMOTEIP=" + session.client +
                             " is not an IP address; it comes from tcpserver");
  }
  const long prefix = client->is_ipv4() ? settings.ipv4_prefix : settings.ipv6_prefix;
  return {.triplet = {.client = *client,
                      .network = Network::of(*client, static_cast<unsigned>(prefix)),
                      .sender = Address::sender(session.sender),
                      .recipient = Address::recipient(session.recipient)},
          .block_expire = std::chrono::minutes(settings.block_expire),
          .record_expire = std::chrono::minutes(settings.record_expire),
          .record_expire_good = std::chrono::days(settings.record_expire_good),
          .only_listed = settings.explicit_only != 0,
          .max_pending = static_cast<unsigned>(settings.max_pending_per_client)};
}

}  // namespace greylisting
