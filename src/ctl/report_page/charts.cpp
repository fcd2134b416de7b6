#include "ctl/report_page/charts.h"

#include <algorithm>
#include <cmath>

#include "ctl/report/words.h"
#include "ctl/report_page/html.h"

namespace greylisting::ctl {
namespace {

// In pixels, from the top.
constexpr std::uint64_t kTopEdge = 24;  // the highest column's value stands above it
constexpr std::uint64_t kHeight = 200;
constexpr std::uint64_t kMostLines = 5;
constexpr std::uint64_t kBottomEdge = kTopEdge + kHeight;
constexpr std::uint64_t kLabels = kBottomEdge + 20;
constexpr std::uint64_t kSoFar = kLabels + 16;
constexpr std::uint64_t kAll = kBottomEdge + 30;

// So many letters of labels, and of the values above columns, stand beside one another on a telephone without
// touching. The style sheet leaves values out there that are too long for it.
constexpr std::size_t kLetters = 53;
constexpr std::size_t kLettersOfSome = 40;

// More columns are narrower than two words.
constexpr std::size_t kMostWithWords = 8;

// A column is that part of its share of the width; where there are very many, all of it.
constexpr double kFull = 0.78;
constexpr std::size_t kVeryMany = 120;

// Few columns are not wider than if there were so many.
constexpr std::size_t kFewest = 6;

// Up to four decimals, in hundredths of the width.
std::string percent(double share) {
  const auto scaled = static_cast<std::uint64_t>(std::llround(share * 1e6));
  std::string rest = std::to_string(scaled % 10000);
  rest.insert(0, 4 - rest.size(), '0');
  return std::to_string(scaled / 10000) + '.' + rest + '%';
}

std::uint64_t sum(const ChartColumn& column) {
  std::uint64_t sum = 0;
  for (const std::uint64_t part : column.parts) sum += part;
  return sum;
}

// From line to line: the least of 1, 2, 2.5 and 5 times a power of ten by which few lines reach the maximum.
std::uint64_t step_of_axis(std::uint64_t most) {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t tenths : {10U, 20U, 25U, 50U}) {
      const std::uint64_t step = tenths * power / 10;
      if (step * 10 == tenths * power && step * kMostLines >= most) return step;
    }
  }
}

std::uint64_t whole_steps(std::uint64_t most, std::uint64_t step) { return (most + step - 1) / step; }

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    std::uint64_t most = 1;
    for (const ChartColumn& column : chart.columns) most = std::max(most, sum(column));
    step_ = step_of_axis(most);
    end_ = step_ * whole_steps(most, step_);
    for (std::size_t part = 1; part < chart.parts.size(); ++part) {
      if (total(part) > total(largest_)) largest_ = part;
    }
  }

  std::size_t largest() const { return largest_; }

  std::string text() const {
    const bool has_partial = std::ranges::any_of(chart_.columns, &ChartColumn::is_partial);
    std::string text =
        R"(<svg role="img" width="100%")" + attribute("class", chart_.has_ranges ? "chart ranges" : "chart") +
        attribute("aria-labelledby", chart_.id + "-title " + chart_.id + "-desc") +
        attribute("height", std::to_string(kAll + (has_partial ? kSoFar - kLabels : 0))) + ">\n<title" +
        attribute("id", chart_.id + "-title") + '>' + escaped(chart_.title) + "</title>\n<desc" +
        attribute("id", chart_.id + "-desc") + '>' + escaped(chart_.description) + "</desc>\n" + grid();
    for (std::size_t i = 0; i < chart_.columns.size(); ++i) text += column(i);
    return text + "</svg>\n";
  }

 private:
  std::string grid() const {
    std::string text;
    const std::uint64_t lines = end_ / step_;
    for (std::uint64_t i = 0; i <= lines; ++i) {
      const std::string y = std::to_string(kBottomEdge - kHeight * i / lines);
      text += "<line" + attribute("class", i == 0 ? "axis" : "grid") + R"( x1="0" x2="100%")" +
              attribute("y1", y) + attribute("y2", y) + "/>";
      if (i > 0) {
        text += R"(<text class="scale" x="-8")" +
                attribute("y", std::to_string(kBottomEdge - kHeight * i / lines + 4)) + '>' +
                number_text(step_ * i) + (chart_.is_percent ? " %" : "") + "</text>\n";
      }
    }
    return text;
  }

  std::string column(std::size_t i) const {
    const ChartColumn& column = chart_.columns[i];
    const auto columns = static_cast<double>(std::max(kFewest, chart_.columns.size()));
    const double share = 1 / columns;
    const double width = share * (chart_.columns.size() > kVeryMany ? 1 : kFull);
    const double middle = (static_cast<double>(i) + 0.5) * share;
    std::string text = "<g><title>" + escaped(column.description) + "</title>";
    std::uint64_t below = 0;
    std::uint64_t y = kBottomEdge;
    for (std::size_t part = 0; part < column.parts.size(); ++part) {
      below += column.parts[part];
      const std::uint64_t top = kBottomEdge - (below * kHeight + end_ / 2) / end_;
      // What there is can be seen, however little it is.
      const std::uint64_t next = column.parts[part] > 0 && top == y ? y - 1 : top;
      if (next < y) {
        text += "<rect" +
                attribute("class", chart_.parts[part].style + (part == largest_ ? " largest" : "")) +
                attribute("x", percent(middle - width / 2)) + attribute("y", std::to_string(next)) +
                attribute("width", percent(width)) + attribute("height", std::to_string(y - next)) + "/>";
      }
      y = next;
    }
    const std::string x = attribute("x", percent(middle));
    if (!column.value.empty()) {
      text += "<text" + attribute("class", has_room_for_values() ? "value" : "value of-many") + x +
              attribute("y", std::to_string(y - 5)) + '>' + escaped(column.value) + "</text>";
    }
    if (has_label(i)) {
      text += "<text" +
              attribute("class", std::string("label") + (column.is_marked ? " marked" : "") +
                                     (chart_.has_ranges ? " range" : "")) +
              x + attribute("y", std::to_string(kLabels)) + '>' + escaped(column.label) + "</text>";
    }
    // The last of many is narrower than that, and stands at the edge.
    if (column.is_partial) {
      const bool is_at_edge = chart_.columns.size() > kMostWithWords;
      text += "<text" + attribute("class", is_at_edge ? "label at-edge" : "label") +
              attribute("x", percent(is_at_edge ? middle + share / 2 : middle)) +
              attribute("y", std::to_string(kSoFar)) + ">so far</text>";
    }
    return text + "</g>\n";
  }

  bool has_room_for_values() const {
    std::size_t longest = 0;
    for (const ChartColumn& column : chart_.columns) longest = std::max(longest, column.value.size());
    return chart_.columns.size() * (longest + 2) <= kLetters;
  }

  // All of them, or the first and as many more as there is room for.
  bool has_label(std::size_t i) const {
    if (chart_.has_ranges) return true;
    const std::size_t columns = chart_.columns.size();
    std::size_t longest = 1;
    for (const ChartColumn& column : chart_.columns) longest = std::max(longest, column.label.size());
    if (columns * (2 * longest + 3) <= 2 * kLetters) return true;
    const std::size_t labels = std::max<std::size_t>(1, kLettersOfSome / longest);
    return i % std::max<std::size_t>(2, (columns + labels - 1) / labels) == 0;
  }

  std::uint64_t total(std::size_t part) const {
    std::uint64_t total = 0;
    for (const ChartColumn& column : chart_.columns) total += column.parts[part];
    return total;
  }

  const Chart& chart_;
  std::uint64_t step_ = 1;
  std::uint64_t end_ = 1;
  std::size_t largest_ = 0;  // of its parts
};

std::string legend(const std::vector<ChartPart>& parts, std::size_t largest) {
  std::string text = R"(<ul class="legend" aria-hidden="true">)";
  for (const ChartPart& part : parts) {
    text += R"(<li><svg width="16" height="16"><rect)" +
            attribute("class", part.style + (&part == &parts[largest] ? " largest" : "")) +
            R"( width="16" height="16"/></svg> )" + escaped(part.name) + "</li>";
  }
  return text + "</ul>\n";
}

}  // namespace

std::uint64_t whole_percent(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? 0 : (part * 200 + all) / (2 * all);
}

std::string svg(const Chart& chart) {
  const Drawing drawing(chart);
  return (chart.parts.size() > 1 ? legend(chart.parts, drawing.largest()) : "") + drawing.text();
}

// Stripes and dots of the background's colour, so that parts can be told apart without their colours: on
// paper and where the reader's own colours replace the page's.
std::string chart_patterns() {
  return R"svg(<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="rules" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="under-rules" width="6" height="6"/><rect class="over" width="6" height="2"/></pattern>
<pattern id="stripes" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="under-stripes" width="7" height="7"/><rect class="over" width="2" height="7"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="under-dots" width="6" height="6"/><circle class="over" cx="1.5" cy="1.5" r="1.1"/><circle class="over" cx="4.5" cy="4.5" r="1.1"/></pattern>
<pattern id="bars" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="under-bars" width="5" height="5"/><rect class="over" width="3" height="5"/></pattern>
</defs></svg>
)svg";
}

}  // namespace greylisting::ctl
