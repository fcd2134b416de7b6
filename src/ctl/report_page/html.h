// html: text for a page.
#pragma once

#include <string>
#include <string_view>

namespace greylisting::ctl {

/// Any text as the content of an element or the value of an attribute in double quotes.
std::string escaped(std::string_view text);

/// ` name="value"`, the value escaped.
std::string attribute(const char* name, std::string_view value);

/// `<name attributes>content</name>`; content is markup, attributes are as `attribute` makes them.
std::string element(const char* name, const std::string& content, const std::string& attributes = "");

/// A paragraph of any text, and one in small print.
std::string paragraph(const std::string& text);
std::string remark(const std::string& text);

}  // namespace greylisting::ctl
