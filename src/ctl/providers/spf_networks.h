// spf_networks: the networks that a domain's SPF record lets send for it (RFC 7208).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "mail/network.h"
#include "process/dns.h"

namespace greylisting::ctl {

using DnsLookup = std::function<DnsAnswer(const std::string& name, DnsType type)>;

struct SpfNetworks {
  std::vector<Network> networks{};  // each once, in the order of the record
  std::vector<std::string> left{};  // terms that are no networks, each with why it is left out
  std::string why{};                // why nothing of it counts; empty when it does
};

/// Follows `include`, `redirect`, `a` and `mx`, with the limits of section 4.6.4; a host counts as one that
/// is not there when it has neither kind of address. What passes by another qualifier than `+` passes nobody:
/// an `ip4` or `ip6` of that kind is taken out of later networks. A record of which a part cannot be had
/// counts for nothing: half a provider is a provider whose mail waits.
SpfNetworks spf_networks(const std::string& domain, const DnsLookup& ask);

}  // namespace greylisting::ctl
