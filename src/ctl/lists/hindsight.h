// hindsight: what entries would have decided of the mail of the last days, and which of them decide so much
// that a person should say twice that they are meant.
#pragma once

#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "lists/entry.h"

namespace greylisting::ctl {

/// What `--yes` is for: entries of one call that
///   - match all clients, senders or recipients, a network wider than any that one holder has, or a top-level
///     domain;
///   - deny or trap a whole domain that this host takes mail for (control/rcpthosts and its like), or trap
///   what has had mail lately;
///   - would have accepted, or denied where it had passed, a tenth of the mail of the last days, and 20
///   records at least, or 5 that had passed.
/// A sentence each. Nothing for narrow ones that allow, such as an address, however much mail is theirs.
/// The past is what past_mail.h has of it; with privacy=hash by clients alone. What an entry goes on to
/// accept that is there already is not counted as denied. Throws StoreError.
std::vector<std::string> warnings_about(const std::vector<Entry>& entries, Administration& administration,
                                        const Settings& settings);

/// Prints the warnings. Whether the entries are to be made then: where there are none, in a dry run, when it
/// is sure (`--yes`), or as the person says, if one `can_be_asked`. Throws UsageError, with the remedy, where
/// nobody can.
bool are_meant(const std::vector<std::string>& warnings, bool is_sure, bool dry_run, bool can_be_asked);

/// The same where nobody is asked and nothing printed. Throws UsageError.
void require_meant(const std::vector<std::string>& warnings, bool is_sure, bool dry_run);

}  // namespace greylisting::ctl
