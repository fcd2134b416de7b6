// outgoing: mail of a client that may relay or has authenticated. Nothing is decided of it; to whom it goes
// is noted, because an answer is expected (`answers`).
#pragma once

#include <string>

#include "host/log.h"
#include "process/environment.h"

namespace greylisting {

/// Notes sender and recipient of an outgoing message, in a process of its own which holds none of this one's
/// streams but the log; nobody waits for it. What goes wrong there is in the log.
void note_outgoing(const std::string& sender, const std::string& recipient, Log::To log);

/// The same for a plugin of qmail-smtpd, which ends after it: this process gives up its standard output at
/// once, so that the host has the end of the answer.
void note_outgoing(const Environment& environment);

}  // namespace greylisting
