// trial: one attempt that the plugin decides as if qmail-smtpd had started it, and what came out of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/check/host.h"
#include "ctl/check/user.h"
#include "settings/settings.h"
#include "store/administration.h"

namespace greylisting::ctl {

struct Trial {
  std::vector<Finding> findings{};
  std::optional<Attempt> recorded{};  // the attempt that the plugin says it has recorded
};

/// Starts the plugin of `line` as `user` for a client of 2001:db8::/32 (RFC 3849) that nobody has seen
/// before, by the settings of this host but for those by which it leaves nothing behind: the hour's journal
/// is not written, no trap is sprung, and the record, should nobody remove it, lives for a minute. `loaded`
/// is what this process has said of the settings already.
/// With the memory and the variables that the run script gives it.
Trial try_plugin(const PluginLine& line, const SmtpdUser& user, const LoadedSettings& loaded,
                 const std::optional<RunScript>& script);

/// Whether the trial's record is in the store, which it is removed from. Throws StoreError.
Finding remove_record(const Trial& trial, Administration& administration, const SmtpdUser& user);

}  // namespace greylisting::ctl
