#include "ctl/report/charts.h"

#include <algorithm>
#include <cmath>

#include "ctl/report/html.h"
#include "ctl/report/words.h"

namespace greylisting::ctl {
namespace {

// In pixels, from the top.
constexpr std::uint64_t kTop = 24;  // the highest column's value stands above it
constexpr std::uint64_t kHeight = 200;
constexpr std::uint64_t kLines = 4;
constexpr std::uint64_t kBottom = kTop + kHeight;
constexpr std::uint64_t kLabels = kBottom + 20;
constexpr std::uint64_t kAll = kBottom + 30;

// So many letters of labels stand below one another's columns on a telephone without touching.
constexpr std::size_t kLetters = 53;
constexpr std::size_t kLettersOfSome = 40;

// On a telephone there is room for the values above so many columns. The style sheet leaves others out there.
constexpr std::size_t kMostWithValues = 8;

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

// What the axis goes to: a number that four lines divide into round ones.
std::uint64_t end_of_axis(std::uint64_t most) {
  for (std::uint64_t power = 1;; power *= 10) {
    for (const std::uint64_t step : {4U, 8U, 12U, 16U, 20U, 28U}) {
      if (step * power >= most) return step * power;
    }
  }
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    std::uint64_t most = 1;
    for (const ChartColumn& column : chart.columns) most = std::max(most, sum(column));
    end_ = chart.is_percent ? 100 : end_of_axis(most);
  }

  std::string text() const {
    std::string text = R"(<svg class="chart" role="img" width="100%")" +
                       attribute("aria-labelledby", chart_.id + "-title " + chart_.id + "-desc") +
                       attribute("height", std::to_string(kAll)) + ">\n<title" +
                       attribute("id", chart_.id + "-title") + '>' + escaped(chart_.title) +
                       "</title>\n<desc" + attribute("id", chart_.id + "-desc") + '>' +
                       escaped(chart_.description) + "</desc>\n" + grid();
    for (std::size_t i = 0; i < chart_.columns.size(); ++i) text += column(i);
    return text + "</svg>\n";
  }

 private:
  std::string grid() const {
    std::string text;
    for (std::uint64_t i = 0; i <= kLines; ++i) {
      const std::string y = std::to_string(kBottom - kHeight * i / kLines);
      text += "<line" + attribute("class", i == 0 ? "axis" : "grid") + R"( x1="0" x2="100%")" +
              attribute("y1", y) + attribute("y2", y) + "/>";
      if (i > 0) {
        text += R"(<text class="scale" x="-8")" +
                attribute("y", std::to_string(kBottom - kHeight * i / kLines + 4)) + '>' +
                number_text(end_ * i / kLines) + (chart_.is_percent ? " %" : "") + "</text>\n";
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
    std::uint64_t y = kBottom;
    for (std::size_t part = 0; part < column.parts.size(); ++part) {
      below += column.parts[part];
      const std::uint64_t top = kBottom - (below * kHeight + end_ / 2) / end_;
      // What there is can be seen, however little it is.
      const std::uint64_t next = column.parts[part] > 0 && top == y ? y - 1 : top;
      if (next < y) {
        text += "<rect" + attribute("class", chart_.parts[part].style) +
                attribute("x", percent(middle - width / 2)) + attribute("y", std::to_string(next)) +
                attribute("width", percent(width)) + attribute("height", std::to_string(y - next)) + "/>";
      }
      y = next;
    }
    const std::string x = attribute("x", percent(middle));
    if (!column.value.empty()) {
      const bool is_roomy = chart_.columns.size() <= kMostWithValues;
      text += "<text" + attribute("class", is_roomy ? "value" : "value of-many") + x +
              attribute("y", std::to_string(y - 5)) + '>' + escaped(column.value) + "</text>";
    }
    if (has_label(i)) {
      text += "<text" + attribute("class", column.is_marked ? "label marked" : "label") + x +
              attribute("y", std::to_string(kLabels)) + '>' + escaped(column.label) + "</text>";
    }
    return text + "</g>\n";
  }

  // All of them, or the first and as many more as there is room for.
  bool has_label(std::size_t i) const {
    const std::size_t columns = chart_.columns.size();
    std::size_t longest = 1;
    for (const ChartColumn& column : chart_.columns) longest = std::max(longest, column.label.size());
    if (columns * (2 * longest + 3) <= 2 * kLetters) return true;
    const std::size_t labels = std::max<std::size_t>(1, kLettersOfSome / longest);
    return i % std::max<std::size_t>(2, (columns + labels - 1) / labels) == 0;
  }

  const Chart& chart_;
  std::uint64_t end_ = 1;
};

std::string legend(const std::vector<ChartPart>& parts) {
  std::string text = R"(<ul class="legend" aria-hidden="true">)";
  for (const ChartPart& part : parts) {
    text += R"(<li><svg width="16" height="16"><rect)" + attribute("class", part.style) +
            R"( width="16" height="16"/></svg> )" + escaped(part.name) + "</li>";
  }
  return text + "</ul>\n";
}

}  // namespace

std::string svg(const Chart& chart) {
  return (chart.parts.size() > 1 ? legend(chart.parts) : "") + Drawing(chart).text();
}

// Stripes and dots of the background's colour, so that parts can be told apart without their colours.
std::string chart_patterns() {
  return R"svg(<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>
<pattern id="stripes" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="under-stripes" width="7" height="7"/><rect class="over" width="2" height="7"/></pattern>
<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse"><rect class="under-dots" width="6" height="6"/><circle class="over" cx="1.5" cy="1.5" r="1.1"/><circle class="over" cx="4.5" cy="4.5" r="1.1"/></pattern>
<pattern id="bars" width="5" height="5" patternUnits="userSpaceOnUse"><rect class="under-bars" width="5" height="5"/><rect class="over" width="3" height="5"/></pattern>
</defs></svg>
)svg";
}

}  // namespace greylisting::ctl
