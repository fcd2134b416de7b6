// dns: whether DNS answers, where SPF is checked here.
#pragma once

#include "ctl/check/report.h"
#include "settings/settings.h"

namespace greylisting::ctl {

Finding examine_dns(const Settings& settings);

}  // namespace greylisting::ctl
