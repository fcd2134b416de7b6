// trial: attempts that the plugin decides as if qmail-smtpd had started it, and what came out of them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/check/host.h"
#include "ctl/check/service.h"
#include "ctl/check/user.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct Trial {
  std::vector<Finding> findings{};
  bool is_decided = false;          // the plugin has decided something
  std::vector<Attempt> recorded{};  // the attempts that the plugin says it has recorded
  std::set<std::string> entries{};  // the ids of those that have decided
  std::string left_out{};           // not-listed or not-suspicious, where the settings leave them out
};

/// Starts the programs of the lines as `user`, as the host does, for an IPv4 and an IPv6 client (RFC 5737,
/// RFC 3849) that nobody has seen before, by the settings of this host but for those by which nothing is left
/// behind: the hour's journal is not written, no trap is sprung, and the record, should nobody remove it,
/// lives for a minute. `loaded` is what this process has said of the settings already.
/// With the memory and the variables that the service gives them.
Trial try_lines(const Host& host, const SmtpdUser& user, const LoadedSettings& loaded,
                const Service& service);

/// Whether the trial's records are in the store, which they are removed from. Throws StoreError.
Finding remove_records(const Trial& trial, Administration& administration, const SmtpdUser& user);

}  // namespace greylisting::ctl
