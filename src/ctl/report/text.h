// text: a report as it is read on a terminal.
#pragma once

#include "ctl/report/figures.h"

namespace greylisting::ctl {

/// On standard output.
void print(const Figures& figures);

}  // namespace greylisting::ctl
