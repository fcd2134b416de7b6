// wrapped: a line for people that is too long for their terminal, in several.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace greylisting::ctl {

/// The line, broken at blanks so that none is wider than that, in printable ASCII; each but the first is
/// indented. A word that is wider stays whole, for who copies it. Blanks stay where nothing is broken.
std::string wrapped(std::string_view line, std::size_t width, std::size_t indent = 0);

}  // namespace greylisting::ctl
