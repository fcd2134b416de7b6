// written_at: the moment that the stamp of a log's line says.
#pragma once

#include <ctime>

#include "ctl/logs/log_stamp.h"

namespace greylisting::ctl {

/// A wall clock is this host's. Where no year is said it is the newest that is not in the future.
/// `without_stamp` is when a line was written that does not say so, or shows a time that never was.
std::time_t written_at(const Stamp& stamp, std::time_t now, std::time_t without_stamp);

}  // namespace greylisting::ctl
