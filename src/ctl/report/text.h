// text: a report as it is read on a terminal.
#pragma once

#include "ctl/report/figures.h"

namespace greylisting::ctl {

/// On standard output; names are cut where a terminal is too narrow for them, unless it is to be wide.
void print(const Figures& figures, bool is_wide);

}  // namespace greylisting::ctl
