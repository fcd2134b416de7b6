// suspicion: what about a session looks unlike a mail server. With greylist=suspicious, only such clients are
// greylisted.
#pragma once

#include <optional>
#include <string_view>

#include "judgement/session.h"
#include "mail/network.h"

namespace greylisting {

/// The first of these that holds, as a word for the log; nothing when all is well.
///     no-name       the client has no reverse name
///     dynamic-name  its reverse name is that of a home line (client_name.h)
///     helo-ours     it says HELO with our own name, or with our own address (TCPLOCALIP)
///     helo-address  it says HELO with an address, bare or as a literal (RFC 5321, section 4.1.3)
///     spf           SPF was checked and did not pass
/// `own_name` is what control/me says; empty when nobody knows. Names are the same in any case, with or
/// without dots at the end.
std::optional<std::string_view> suspicion_of(const Session& session, const IpAddress& client,
                                             std::string_view own_name);

}  // namespace greylisting
