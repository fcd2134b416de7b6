// version: this release.
#pragma once

#include <string_view>

namespace greylisting {

inline constexpr std::string_view kVersion = "1.0.0";

}  // namespace greylisting
