#include "utc.h"

#include <charconv>
#include <chrono>

namespace greylisting {
namespace {

std::string digits(long number, std::size_t width) {
  const std::string text = std::to_string(number);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

}  // namespace

std::string utc(std::time_t time) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(time)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(moment - day);
  return digits(static_cast<int>(date.year()), 4) + '-' + digits(static_cast<unsigned>(date.month()), 2) +
         '-' + digits(static_cast<unsigned>(date.day()), 2) + 'T' + digits(clock.hours().count(), 2) + ':' +
         digits(clock.minutes().count(), 2) + ':' + digits(clock.seconds().count(), 2) + 'Z';
}

std::optional<std::time_t> time_of(std::string_view text) {
  const auto number = [&text](std::size_t begin, std::size_t width) {
    unsigned value = 0;
    if (begin + width <= text.size())
      std::from_chars(text.data() + begin, text.data() + begin + width, value);
    return value;
  };
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(number(0, 4))),
                                         std::chrono::month(number(5, 2)), std::chrono::day(number(8, 2))};
  if (!date.ok()) return std::nullopt;
  const std::chrono::sys_seconds moment = std::chrono::sys_days(date) + std::chrono::hours(number(11, 2)) +
                                          std::chrono::minutes(number(14, 2)) +
                                          std::chrono::seconds(number(17, 2));
  const auto time = static_cast<std::time_t>(moment.time_since_epoch().count());
  return stored_time(time) == text ? std::optional(time) : std::nullopt;
}

std::string stored_time(std::time_t time) {
  std::string text = utc(time);
  text.pop_back();
  text[text.find('T')] = ' ';
  return text;
}

}  // namespace greylisting
