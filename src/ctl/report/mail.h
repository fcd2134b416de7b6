// mail: a report of a day as a few lines of text, which cron sends to somebody.
#pragma once

#include "ctl/report/figures.h"

namespace greylisting::ctl {

/// Prints what a day was like, beside an average day of the time before it.
void print_mail(const Figures& day, const Figures& before);

}  // namespace greylisting::ctl
