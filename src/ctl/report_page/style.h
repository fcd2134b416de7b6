// style: the style sheet of the report's page.
#pragma once

#include <string_view>

namespace greylisting::ctl {

/// Light and dark as the reader's system has it, wide and narrow, and on paper light and with all tables
/// open. Letters have a contrast of at least 4.5 to what is behind them, and parts of charts one of 3.
extern const std::string_view kReportStyle;

}  // namespace greylisting::ctl
