// reach: whether the plugin can use the store, which root alone may be able to.
#pragma once

#include <string>

#include "settings/settings.h"

namespace greylisting::ctl {

/// What keeps the plugin, as the user that qmail-smtpd is taken to run as, from the store: `as vpopmail (uid
/// 89): …`. Empty when nothing does, and when this process cannot act as that user.
std::string why_out_of_reach(const LoadedSettings& loaded);

}  // namespace greylisting::ctl
