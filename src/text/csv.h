// csv: values separated by commas (RFC 4180).
#pragma once

#include <string>
#include <vector>

namespace greylisting {

/// One record with its CR LF. A value with a comma, a quote, CR or LF in it is put into quotes.
std::string csv_record(const std::vector<std::string>& values);

}  // namespace greylisting
