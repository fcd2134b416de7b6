// recent: what has been decided of late: by this host to the second, from its journal; by other hosts by
// whole hours, as far as they have folded theirs into the history.
#pragma once

#include <cstdint>
#include <ctime>
#include <set>
#include <string>

#include "ctl/records/history.h"

namespace greylisting::ctl {

struct Recent {
  Tally tally{};
  std::uint64_t came_back =
      0;  // of the triplets that were new within this time, those that were retried within it
};

/// What this host has decided after `since` and up to `now`.
Recent recent(const Journal& journal, const RecipientDomain& domain, std::time_t since, std::time_t now);

struct OtherHosts {
  std::set<std::string> names{};
  Tally tally{};
};

/// What other hosts have decided in the hours that began after `since`. Throws StoreError.
OtherHosts other_hosts(History& history, std::time_t since, std::time_t now);

/// All that this host has ever counted, up to now. Throws StoreError.
Tally counted_by_this_host(const Journal& journal, History& history);

}  // namespace greylisting::ctl
