// html: text for a page.
#pragma once

#include <string>
#include <string_view>

namespace greylisting::ctl {

/// Any text as the content of an element or the value of an attribute in double quotes.
std::string escaped(std::string_view text);

/// ` name="value"`, the value escaped.
std::string attribute(const char* name, std::string_view value);

}  // namespace greylisting::ctl
