#include "ctl/print/figure_words.h"

#include "text/utc.h"

namespace greylisting::ctl {
namespace {

using std::chrono::seconds;

std::string with_rest(seconds::rep whole, const char* unit, seconds::rep rest, const char* unit_of_rest) {
  std::string text = std::to_string(whole) + ' ' + unit;
  if (rest > 0) text.append(" ").append(std::to_string(rest)).append(" ").append(unit_of_rest);
  return text;
}

}  // namespace

std::string number_text(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number).append(" ").append(number == 1 ? one : many);
}

std::string counted(std::uint64_t number, std::string_view one) {
  return counted(number, one, std::string(one) + 's');
}

std::string share_text(std::uint64_t part, std::uint64_t all) {
  if (all == 0) return "-";
  const std::uint64_t tenths = (part * 2000 + all) / (2 * all);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " %";
}

std::string duration_text(seconds duration) {
  const seconds::rep count = duration.count();
  if (count < kMinute) return std::to_string(count) + " s";
  if (count < 10 * kMinute) return with_rest(count / kMinute, "min", count % kMinute, "s");
  if (count < kHour) return with_rest(count / kMinute, "min", 0, "");
  if (count < kDay) return with_rest(count / kHour, "h", count % kHour / kMinute, "min");
  return with_rest(count / kDay, "d", count % kDay / kHour, "h");
}

std::string percentile_text(const Durations& durations, unsigned percent) {
  const auto duration = percentile(durations, percent);
  return duration ? duration_text(*duration) : "-";
}

}  // namespace greylisting::ctl
