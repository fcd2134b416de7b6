// sqlgrey: the tables of SQLgrey (1.8), as its SQLite file has them or as mysqldump or pg_dump writes them:
//     connect                       who waits: sender_name, sender_domain, src, rcpt, first_seen
//     from_awl                      senders that are let in on a network: sender_name, sender_domain, src,
//     first_seen,
//                                   last_seen
//     domain_awl                    domains likewise: sender_domain, src, first_seen, last_seen
//     optin_domain, optin_email     whose recipients are greylisted, where only those are: domain, email
//     optout_domain, optout_email   whose recipients are not
// `src` is an address, or the first three octets or four groups of one. A sender of from_awl has # or RCPT
// where it had numbers or the recipient in it, and can be anybody's of that domain. The null sender is
// `-undef-`.
//
// Times are seconds since 1970 or `YYYY-MM-DD hh:mm:ss`, which is taken for UTC, as mysqldump has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/imports/known.h"

namespace greylisting::ctl {

/// What is in `file`. Throws std::runtime_error, with the remedy, when it cannot be read or has no such
/// table.
Known read_sqlgrey(const std::string& file);

/// The same of a dump's text; `name` is what it is called in problems.
Known parse_sqlgrey_dump(const std::string& name, std::string_view text);

}  // namespace greylisting::ctl
