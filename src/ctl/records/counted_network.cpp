#include "ctl/records/counted_network.h"

#include <algorithm>

#include "judgement/attempt.h"

namespace greylisting::ctl {

std::string network_of_client(const std::string& client, const Settings& settings) {
  const auto address = IpAddress::parse(client);
  return address ? Network::of(*address, counted_prefix(*address, settings)).text() : "";
}

Network at_least_counted(const Network& network, const Settings& settings) {
  const IpAddress& first = network.first();
  return Network::of(first, std::min(network.prefix(), counted_prefix(first, settings)));
}

}  // namespace greylisting::ctl
