// spp: what a plugin says to qmail-smtpd (qmail-spp 0.42), made safe to say.
#pragma once

#include <string>
#include <string_view>

#include "decision.h"
#include "settings.h"

namespace greylisting::spp {

/// The commands that carry out a decision: one that refuses this RCPT with defer_message or reject_message,
/// or nothing.
std::string commands(const Decision& decision, const Settings& settings, std::string_view recipient_domain);

/// The commands for when no decision could be made: nothing, or with on_error=defer a refusal with a text of
/// its own.
std::string commands_on_error(const Settings& settings);

/// Writes all commands to standard output with one call, or none when there are none. The host reads to the
/// end.
void write(std::string_view commands);

}  // namespace greylisting::spp
