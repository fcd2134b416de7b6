// throw_away: sessions that nobody has had, and what a program is told of them.
#pragma once

#include <map>
#include <string>

#include "ctl/check/host.h"
#include "judgement/session.h"

namespace greylisting::ctl {

using Variables = std::map<std::string, std::string>;

/// Nobody has seen it, and nobody can be it: addresses and names are set aside (RFC 2606, RFC 3849, RFC
/// 5737).
Session throw_away_session(bool is_ipv6);

/// Of this host itself, to its postmaster: what no program refuses but one that refuses everybody.
Session own_session();

/// What tcpserver would say of the client, beside what `more` has for the plugin, and those settings by which
/// an attempt can be read and leaves nothing behind. Nothing is taken from this shell, not even PATH.
Variables variables_of(const Session& session, const Variables& more);

/// What qmail-smtpd adds to them by the time it runs the line.
void introduce(const Session& session, const PluginLine& line, Variables& variables);

}  // namespace greylisting::ctl
