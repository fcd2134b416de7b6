// greylister: what another greylister knows, whichever it is.
#pragma once

#include <string>

#include "ctl/commands.h"
#include "ctl/imports/known.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// Of its file or directory; the notes say what counts only with another setting than there is. Throws
/// std::runtime_error where it cannot be read.
Known read_known(Greylister greylister, const std::string& file, const Settings& settings);

}  // namespace greylisting::ctl
