#include "ctl/report_page/charted_days.h"

#include <array>
#include <cstddef>
#include <string_view>

#include "ctl/print/figure_words.h"
#include "ctl/report_page/html.h"

namespace greylisting::ctl {
namespace {

// A chart of more days than that is of weeks.
constexpr std::size_t kManyDays = 92;
constexpr std::size_t kWeek = 7;

// `21 Nov`
std::string short_date(const std::string& date) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = static_cast<std::size_t>((date[5] - '0') * 10 + date[6] - '0');
  const std::string day = date.substr(date[8] == '0' ? 9 : 8);
  return day + ' ' + std::string(kMonths.at(month - 1));
}

// How many days the first week has, where these are fewer than seven.
std::size_t short_week(const Figures& figures) {
  return are_charted_by_week(figures) ? figures.days.size() % kWeek : 0;
}

}  // namespace

bool are_charted_by_week(const Figures& figures) { return figures.days.size() > kManyDays; }

std::vector<ChartedDays> charted_days(const Figures& figures) {
  const bool is_by_week = are_charted_by_week(figures);
  std::vector<ChartedDays> charted;
  std::size_t left = figures.days.size();
  for (const auto& [date, tally, records] : figures.days) {
    if (charted.empty() || !is_by_week || left % kWeek == 0)
      charted.push_back({.label = short_date(date), .when = (is_by_week ? "week from " : "") + date});
    charted.back().tally.add(tally);
    charted.back().records.add(records);
    --left;
  }
  if (figures.is_so_far(figures.days.back().date)) {
    charted.back().when += ", so far";
    charted.back().is_partial = true;
  }
  if (const std::size_t days = short_week(figures); days > 0) {
    charted.front().when = counted(days, "day") + " from " + figures.days.front().date;
    charted.front().is_partial = true;
  }
  return charted;
}

std::string remark_on_short_week(const Figures& figures) {
  const std::size_t days = short_week(figures);
  return days == 0 ? ""
                   : remark("The first column is of " + counted(days, "day") + ", the others are of a week.");
}

}  // namespace greylisting::ctl
