// utc: a moment as text, in UTC. The C library's own functions would read the time zone's file at every
// start.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace greylisting {

/// RFC 3339: `2026-11-21T06:11:44Z`.
std::string utc(std::time_t time);

/// As the stores have it: `2026-11-21 06:11:44`.
std::string stored_time(std::time_t time);

/// `2026-11-21T06:11:44Z` for `2026-11-21 06:11:44`; other text stays.
std::string rfc_3339(std::string_view stored);

/// The date in a time as the stores have it: `2026-11-21`.
std::string date_of(std::string_view stored);

/// The moment of a time as the stores have it, from 1970 on; nothing for other text.
std::optional<std::time_t> time_of(std::string_view stored);

/// A date, to its day's end, or a time, as the stores have it or as RFC 3339 in UTC; nothing for other text.
std::optional<std::string> end_of(std::string_view text);

/// `stored` has to be a time as the stores have it, and so is what is returned.
std::string later(std::string_view stored, std::chrono::seconds by);

inline constexpr std::time_t kMinute = 60;
inline constexpr std::time_t kHour = 60 * kMinute;
inline constexpr std::time_t kDay = 24 * kHour;

}  // namespace greylisting
