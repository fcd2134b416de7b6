// spf: whether a client may send for a sender's domain (RFC 7208), asked here where the host does not say it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "judgement/session.h"
#include "mail/network.h"
#include "settings/settings.h"

namespace greylisting {

/// The result as the RFC names it: pass, fail, softfail, neutral, none, temperror, permerror; temperror when
/// DNS has not answered by `end`. It is kept in the state directory for as long as DNS says that it holds.
/// `problems` gets lines for the log. The statically linked plugin hands this over (hand_over.h).
std::string spf_result(const Session& session, const IpAddress& client, const Settings& settings,
                       std::chrono::steady_clock::time_point end, std::vector<std::string>& problems);

}  // namespace greylisting
