// header: the header field that tells a message's reader how long greylisting has delayed it.
#pragma once

#include <chrono>
#include <ctime>
#include <string>
#include <string_view>

#include "judgement/decision.h"
#include "judgement/transaction.h"
#include "settings/settings.h"

namespace greylisting {

/// Whether a header field is to be added: the triplet passes after having waited, which is to be seen in the
/// message, and the message has none yet. Not with observe=1, where nothing has waited.
bool adds_header(const Decision& decision, const Settings& settings, const Transaction& transaction);

/// The field as the lines it is folded into (RFC 5322, section 2.2.3), an LF between them, none after the
/// last; a continuation begins with a tab. No line is longer than 78 characters, but for one with a very
/// long host name.
///
///     X-Greylist: delayed 312 seconds by greylisting at mx.example.org;
///     	Sat, 21 Nov 2026 06:11:44 +0000
///
///     Authentication-Results: mx.example.org; x-greylist=pass
///     	reason="delayed 312 seconds"
///
/// The second is of the form of RFC 8601, section 2.2, with a method of our own (section 2.7.6). `host` is
/// this host's name; what is none is replaced by `localhost`. `now` is when the message came. Empty with
/// Header::off.
std::string delay_header(Header style, std::chrono::seconds waited, std::string_view host, std::time_t now);

}  // namespace greylisting
