// refusal: the SMTP reply that a client gets which has to wait or is denied.
#pragma once

#include <string>
#include <string_view>

#include "judgement/decision.h"
#include "settings/settings.h"

namespace greylisting {

/// Of a decision that defers or rejects: a text of its own, as an entry has one, or the setting's.
std::string refusal(const Decision& decision, const Settings& settings, std::string_view recipient_domain);

/// What a client is told that is not to pass while no decision can be made.
inline constexpr std::string_view kOutOfOrder =
    "451 greylisting is out of order, please try again later (#4.3.0)";

/// When no decision could be made; empty where the mail is to pass, and with observe=1.
std::string refusal_on_error(const Settings& settings);

}  // namespace greylisting
