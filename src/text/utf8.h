// utf8: a person's own text, in whatever alphabet (RFC 3629). What clients send is shown by printable.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace greylisting {

/// Any text as one line of UTF-8: characters that can be seen, and blanks, stay. Every byte of a control
/// character, of one that changes the direction or is not seen, and of what is no UTF-8, is `\xNN`. A text of
/// that form stays as it is. What would be longer than `most` bytes is cut before a character.
std::string line_of_utf8(std::string_view text, std::size_t most = std::string_view::npos);

}  // namespace greylisting
