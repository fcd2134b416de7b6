// charts: columns as SVG. A chart is as wide as there is room: what is in it stands at percentages of the
// width, and its letters keep their size on a telephone. The style sheet leaves room to the left for the
// numbers of the scale.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace greylisting::ctl {

/// One of the parts that stand upon one another in each column. `style` is a class of the style sheet, which
/// gives it a colour and a pattern.
struct ChartPart {
  std::string name;
  std::string style;
};

struct ChartColumn {
  std::string label;                   // below it
  std::string description;             // what a pointer that rests on it shows
  std::vector<std::uint64_t> parts{};  // the lowest first
  std::string value{};                 // above it; empty for nothing
  bool is_marked = false;              // its label is emphasised
  bool is_partial = false;             // its time is not over: `so far` stands below its label
};

struct Chart {
  std::string id;  // the page's own
  std::string title;
  std::string description{};
  std::vector<ChartPart> parts;
  std::vector<ChartColumn> columns{};
  bool is_percent = false;  // parts are percents
  bool has_ranges = false;  // every label is shown; where there is little room they stand upright
};

/// For a chart of percents, rounded; 0 of nothing.
std::uint64_t whole_percent(std::uint64_t part, std::uint64_t all);

/// The chart and, where it has more than one part, a legend.
std::string svg(const Chart& chart);

/// The patterns that the style sheet names; once a page, before the first chart.
std::string chart_patterns();

}  // namespace greylisting::ctl
