// check_lists: what `greylistctl check` says of entries and of the files beside them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

/// The entries of the store: how many there are, and those that do not do what they look as if they did.
/// Throws StoreError.
std::vector<Finding> examine_entries(Administration& administration, const Settings& settings);

/// Of entries with those ids, which have decided of a client that nobody knows: those that do so of too many
/// for any of them to be greylisted. Throws StoreError.
std::vector<Finding> examine_breadth(Administration& administration, const Settings& settings,
                                     const std::set<std::string>& ids);

/// What is wrong in control/greylisting_allow, control/greylisting_deny, the files of allow_lists, and with
/// greylist=suspicious or unvouched that of suspicious_rules, as this process's user can read them, and what
/// in them matches more than anybody can mean.
std::vector<Finding> examine_files(const Settings& settings);

}  // namespace greylisting::ctl
