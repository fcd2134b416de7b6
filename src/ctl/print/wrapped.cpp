#include "ctl/print/wrapped.h"

#include <algorithm>

namespace greylisting::ctl {

std::string wrapped(std::string_view line, std::size_t width, std::size_t indent) {
  std::string lines;
  std::size_t column = 0;  // of where `line` begins
  while (column + line.size() > width) {
    // Not at the blanks that indent it.
    const auto first = line.find_first_not_of(' ');
    const auto after = first == std::string_view::npos ? first : line.find(' ', column > 0 ? first : indent);
    auto place = width >= column ? line.rfind(' ', width - column) : std::string_view::npos;
    if (place == std::string_view::npos || after == std::string_view::npos || place < after) place = after;
    if (place == std::string_view::npos) break;
    lines.append(line.substr(0, place)).append("\n").append(indent, ' ');
    line.remove_prefix(place);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    column = indent;
  }
  return lines.append(line);
}

}  // namespace greylisting::ctl
