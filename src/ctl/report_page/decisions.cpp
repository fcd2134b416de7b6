#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ctl/report/words.h"
#include "ctl/report_page/charted_days.h"
#include "ctl/report_page/charts.h"
#include "ctl/report_page/html.h"
#include "ctl/report_page/sections.h"
#include "ctl/report_page/table.h"

namespace greylisting::ctl {
namespace {

// A chart of so few days is of their hours.
constexpr std::size_t kFewDays = 2;

// The table of hours ends with that many.
constexpr std::size_t kMostHours = std::size_t{31} * 24;

constexpr std::array kOutcomes{"accepted", "deferred", "rejected", "errors"};

std::vector<std::uint64_t> outcomes(const Tally& tally) {
  return {tally.of(Outcome::accepted), tally.of(Outcome::deferred), tally.of(Outcome::rejected),
          tally.errors()};
}

ChartColumn outcome_column(const std::string& label, const std::string& when, const Tally& tally,
                           bool is_partial = false) {
  ChartColumn column{
      .label = label, .description = when + ':', .parts = outcomes(tally), .is_partial = is_partial};
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    if (column.parts[i] > 0 || i < 2)
      column.description += (i == 0 ? " " : ", ") + number_text(column.parts[i]) + ' ' + kOutcomes[i];
  }
  return column;
}

// What there is of errors is said only where there are some.
Chart outcome_chart(const char* id, const char* title, std::vector<ChartColumn> columns, const Tally& all) {
  const auto most = std::ranges::max_element(columns, {}, [](const ChartColumn& column) {
    return column.parts[0] + column.parts[1] + column.parts[2];
  });
  Chart chart{.id = id,
              .title = title,
              .description = std::to_string(columns.size()) + " columns. In total " +
                             number_text(all.of(Outcome::accepted)) + " accepted, " +
                             number_text(all.of(Outcome::deferred)) + " deferred, " +
                             number_text(all.of(Outcome::rejected)) + " rejected. The highest: " +
                             most->description + ". The table below has the figures.",
              .parts = {}};
  for (const char* const outcome : kOutcomes) chart.parts.push_back({outcome, outcome});
  if (all.errors() == 0) chart.parts.pop_back();
  for (ChartColumn& column : columns) column.parts.resize(chart.parts.size());
  chart.columns = std::move(columns);
  return chart;
}

PageTable outcome_table(std::string caption, const char* first) {
  PageTable table{.caption = std::move(caption), .first = first, .columns = {}};
  for (const char* const outcome : kOutcomes) table.columns.push_back({outcome, outcome});
  return table;
}

PageRow outcome_row(const std::string& name, const Tally& tally, bool is_partial = false) {
  PageRow row{.name = name, .cells = {}, .is_partial = is_partial};
  for (const std::uint64_t number : outcomes(tally)) row.cells.push_back(count(number));
  return row;
}

std::string two_digits(unsigned number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::vector<ChartColumn> columns_of_days(const Figures& figures) {
  std::vector<ChartColumn> columns;
  for (const ChartedDays& days : charted_days(figures))
    columns.push_back(outcome_column(days.label, days.when, days.tally, days.is_partial));
  return columns;
}

std::vector<ChartColumn> columns_of_hours(const Figures& figures) {
  std::vector<ChartColumn> columns;
  for (const DayFigures& day : figures.days) {
    for (unsigned hour = 0; hour < 24; ++hour) {
      const std::string time = day.date + ' ' + two_digits(hour);
      const auto found = figures.hours.find(time + ":00:00");
      const bool is_partial = figures.is_so_far(time);
      columns.push_back(outcome_column(two_digits(hour), time + (is_partial ? ":00, so far" : ":00"),
                                       found == figures.hours.end() ? Tally() : found->second, is_partial));
      if (is_partial) break;
    }
  }
  return columns;
}

PageTable table_of_hours(const Figures& figures) {
  const std::size_t left_out = figures.hours.size() - std::min(figures.hours.size(), kMostHours);
  PageTable table = outcome_table(
      left_out > 0 ? "The last " + number_text(kMostHours) + " hours in which anything was decided"
                   : "Every hour in which anything was decided",
      "hour");
  std::size_t passed_over = 0;
  for (const auto& [time, tally] : figures.hours) {
    if (passed_over++ < left_out) continue;
    table.rows.push_back(outcome_row(time.substr(0, 16), tally, figures.is_so_far(time.substr(0, 13))));
  }
  return table;
}

}  // namespace

Section decisions_section(const Figures& figures) {
  const bool is_by_hour = figures.days.size() <= kFewDays && figures.domain.is_all();
  const bool is_by_week = are_charted_by_week(figures);
  const Chart chart =
      outcome_chart("chart-decisions",
                    is_by_hour   ? "Decisions by hour"
                    : is_by_week ? "Decisions by week"
                                 : "Decisions by day",
                    is_by_hour ? columns_of_hours(figures) : columns_of_days(figures), figures.total);
  PageTable table = outcome_table("Decisions and delays by day", "day");
  table.columns.push_back({"waited", "had to wait"});
  table.columns.push_back({"half", "median delay"});
  table.columns.push_back({"most", "90 % within"});
  for (const DayFigures& day : figures.days) {
    PageRow& row = table.rows.emplace_back(outcome_row(day.date, day.tally, figures.is_so_far(day.date)));
    row.cells.push_back(count(total(day.tally.waits)));
    row.cells.push_back({percentile_text(day.tally.waits, 50)});
    row.cells.push_back({percentile_text(day.tally.waits, 90)});
  }
  return {
      "decisions",
      is_by_hour   ? "Hour by hour"
      : is_by_week ? "Week by week"
                   : "Day by day",
      svg(chart) + remark_on_short_week(figures) + folded("By day as a table", table) +
          (figures.domain.is_all() ? folded("Every hour as a table", table_of_hours(figures), true) : "")};
}

Section hours_section(const Figures& figures) {
  std::array<Tally, 24> hours{};
  for (const auto& [time, tally] : figures.hours)
    hours.at(static_cast<std::size_t>((time[11] - '0') * 10 + time[12] - '0')).add(tally);
  std::vector<ChartColumn> columns;
  PageTable table = outcome_table("Decisions by the hour of the day, all days together", "hour");
  for (unsigned hour = 0; hour < hours.size(); ++hour) {
    const std::string name = two_digits(hour) + ":00";
    columns.push_back(outcome_column(two_digits(hour), name, hours.at(hour)));
    table.rows.push_back(outcome_row(name, hours.at(hour)));
  }
  const Chart chart =
      outcome_chart("chart-hours", "Decisions by the hour of the day", std::move(columns), figures.total);
  return {"hours", "By the hour of the day", svg(chart) + folded("The same figures as a table", table)};
}

}  // namespace greylisting::ctl
