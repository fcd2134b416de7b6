#include "text/utc.h"

#include <chrono>

#include "text/ascii.h"
#include "text/number.h"

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

std::string stored_time(std::time_t time) {
  std::string text = utc(time);
  text.pop_back();
  text[text.find('T')] = ' ';
  return text;
}

std::string date_of(std::string_view stored) {
  return std::string(stored.substr(0, sizeof("YYYY-MM-DD") - 1));
}

std::string rfc_3339(std::string_view stored) {
  const auto time = time_of(stored);
  return time ? utc(*time) : std::string(stored);
}

std::optional<std::time_t> time_of(std::string_view stored) {
  constexpr std::string_view kForm = "NNNN-NN-NN NN:NN:NN";
  if (stored.size() != kForm.size()) return std::nullopt;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (kForm[i] == 'N' ? !ascii::is_digit(stored[i]) : stored[i] != kForm[i]) return std::nullopt;
  }
  const auto field = [stored](std::size_t place, std::size_t digits) {
    return number_of<int>(stored.substr(place, digits)).value_or(0);
  };
  const std::chrono::year_month_day date = std::chrono::year(field(0, 4)) / field(5, 2) / field(8, 2);
  const int hour = field(11, 2);
  const int minute = field(14, 2);
  const int second = field(17, 2);
  // The years are those that every store has.
  if (!date.ok() || date.year() < std::chrono::year(1970) || hour > 23 || minute > 59 || second > 59)
    return std::nullopt;
  const std::time_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return days * kDay + hour * kHour + minute * kMinute + second;
}

std::optional<std::string> end_of(std::string_view text) {
  std::string time(text);
  if (text.size() == 10) {
    time += " 23:59:59";
  } else if (text.size() == 20 && text[10] == 'T' && text.back() == 'Z') {
    time[10] = ' ';
    time.pop_back();
  }
  if (!time_of(time)) return std::nullopt;
  return time;
}

std::string later(std::string_view stored, std::chrono::seconds by) {
  return stored_time(time_of(stored).value_or(0) + by.count());
}

}  // namespace greylisting
