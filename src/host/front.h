// front: how greylisting-front is told what to do: by the variables of jgreylist, which it takes the place
// of, and of tcpserver. It knows the client alone: it is asked before anybody is named.
#pragma once

#include <chrono>

#include "judgement/session.h"
#include "process/environment.h"
#include "settings/settings.h"

namespace greylisting::front {

/// Whether the client is the next program's without a question: RELAYCLIENT is set, or JGREYLIST is set and
/// empty.
bool lets_through(const Environment& environment);

/// The settings, such that the client alone counts: `match=network` and `match_helo=0`, with JGREYLIST_BY_IP
/// the whole address.
LoadedSettings load(const Environment& environment);

/// The client. It is refused by a text in JGREYLIST, where it has no name in JGREYLIST_NOREV, or in
/// GREYLISTING. Throws std::runtime_error, with the remedy, when TCPREMOTEIP is missing.
Session client(const Environment& environment);

/// Recipients of one connection, JGREYLIST_LIMIT; and how long it may take, JGREYLIST_TIMEOUT.
unsigned most_recipients(const Environment& environment);
std::chrono::seconds most_time(const Environment& environment);

/// Whether the SMTP dialogue is to be logged: JGREYLIST_LOG_SMTP.
bool logs_talk(const Environment& environment);

}  // namespace greylisting::front
