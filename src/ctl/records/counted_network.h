// counted_network: the networks by which clients count, where match=smart does not have them count by
// address.
#pragma once

#include <string>

#include "mail/network.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// Of a client's address: `192.0.2.0/24`; empty for what is no address.
std::string network_of_client(const std::string& client, const Settings& settings);

/// `network`, or the one that counts where it is a part of that.
Network at_least_counted(const Network& network, const Settings& settings);

}  // namespace greylisting::ctl
