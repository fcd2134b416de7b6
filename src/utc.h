// utc: a moment as text, in UTC. The C library's own functions would read the time zone's file at every
// start. Years from 0 to 9999 have four digits.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace greylisting {

/// RFC 3339: `2026-11-21T06:11:44Z`.
std::string utc(std::time_t time);

/// As the stores have it: `2026-11-21 06:11:44`.
std::string stored_time(std::time_t time);

/// What stored_time has written; nothing for other text.
std::optional<std::time_t> time_of(std::string_view text);

}  // namespace greylisting
