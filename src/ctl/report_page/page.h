// page: a report as one HTML page that needs nothing from elsewhere.
//
// It can be read without scripts, in the dark and on paper, by keyboard and by ear: each chart has its
// figures beside it as a table. A figure that is a whole number stands in `data-value` of its cell or tile,
// in a section that is known by its id: decisions, hours, waits, records, blocks, names, pools.
#pragma once

#include <string>

#include "ctl/report/figures.h"

namespace greylisting::ctl {

std::string page(const Figures& figures);

}  // namespace greylisting::ctl
