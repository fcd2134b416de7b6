// only_client: whether all mail comes from one address of this site's own.
#pragma once

#include <string>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

/// The private address that every client of the latest records has, as a proxy or a container's gateway makes
/// it; empty where there are others, or too few records to say. Throws StoreError.
std::string only_client(Administration& administration);

/// What is wrong with that, and what to do about it.
std::string same_client(const std::string& address);
inline constexpr const char* kSameClientRemedy =
    "have the proxy pass on the client's address (PROXY protocol), or the container use the host's network";

}  // namespace greylisting::ctl
