// files: whether qmail-smtpd's user can use what the settings name, asked of the kernel as that user.
#pragma once

#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/check/user.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// What that user cannot read or write, each with the command that mends it; no finding where it can.
std::vector<Finding> examine_files_of(const SmtpdUser& user, const LoadedSettings& loaded);

}  // namespace greylisting::ctl
