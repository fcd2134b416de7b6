#include "ctl/logs/written_at.h"

#include <chrono>
#include <optional>
#include <variant>

#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// The moment at which this host's wall clock shows that; nothing when it never does.
std::optional<std::time_t> moment_of(const WallClock& clock, int year) {
  std::tm fields{};
  fields.tm_year = year - 1900;
  fields.tm_mon = static_cast<int>(clock.month) - 1;
  fields.tm_mday = static_cast<int>(clock.day);
  fields.tm_hour = clock.hour;
  fields.tm_min = clock.minute;
  fields.tm_sec = clock.second;
  fields.tm_isdst = -1;
  const std::time_t moment = std::mktime(&fields);
  // There is not a 29th of February in every year.
  if (fields.tm_mday != static_cast<int>(clock.day)) return std::nullopt;
  return moment;
}

// Where no year is said: the newest that is not in the future. Another host's clock may be ahead.
std::optional<std::time_t> moment_of(const WallClock& clock, std::time_t now) {
  if (clock.year != 0) return moment_of(clock, clock.year);
  constexpr int kYearsWithLeapYear = 8;
  const std::time_t latest = now + kDay;
  std::tm fields{};
  if (localtime_r(&latest, &fields) == nullptr) return std::nullopt;
  const int this_year = fields.tm_year + 1900;
  for (int year = this_year; year > this_year - kYearsWithLeapYear; --year) {
    const auto moment = moment_of(clock, year);
    if (moment && *moment <= latest) return moment;
  }
  return std::nullopt;
}

}  // namespace

std::time_t written_at(const Stamp& stamp, std::time_t now, std::time_t without_stamp) {
  if (const auto* const moment = std::get_if<std::chrono::sys_seconds>(&stamp))
    return std::chrono::system_clock::to_time_t(*moment);
  if (const auto* const clock = std::get_if<WallClock>(&stamp))
    return moment_of(*clock, now).value_or(without_stamp);
  return without_stamp;
}

}  // namespace greylisting::ctl
