// remedy: what lets in the mail that a decision has refused.
#pragma once

#include <string>

#include "judgement/decision.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// A command to type, or what to change, where more than waiting is wanted; empty for any other reason.
/// `entry` is what has decided (decision.h), `client` the client's address, `network` that by which it
/// counts.
std::string remedy_for(Reason reason, const std::string& entry, const std::string& client,
                       const std::string& network, const Settings& settings);

}  // namespace greylisting::ctl
