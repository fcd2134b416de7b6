// charted_days: the days as charts have them: each, or where there are many, seven and seven together.
#pragma once

#include <string>
#include <vector>

#include "ctl/records/tally.h"
#include "ctl/report/figures.h"
#include "ctl/report/records.h"

namespace greylisting::ctl {

/// What is a column: a day or a week. The first week may have fewer days than seven.
struct ChartedDays {
  std::string label;  // `21 Nov`, its first day
  std::string when;   // `2026-11-21`, `week from 2026-11-21, so far`
  Tally tally{};
  RecordCounts records{};
  bool is_partial = false;  // it is not over, or has fewer days than others
};

std::vector<ChartedDays> charted_days(const Figures& figures);

/// Whether they are so many that charts are of weeks.
bool are_charted_by_week(const Figures& figures);

/// What the first column of a chart of weeks is, where it is of fewer days; empty otherwise.
std::string remark_on_short_week(const Figures& figures);

}  // namespace greylisting::ctl
