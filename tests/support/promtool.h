// promtool: what its tests of rules are written in.
#pragma once

#include <string>

namespace greylisting::test {

/// An item of `input_series`.
inline std::string series(const std::string& name, const std::string& values) {
  return "      - {series: '" + name + "', values: '" + values + "'}\n";
}

}  // namespace greylisting::test
