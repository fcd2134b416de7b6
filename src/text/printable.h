// printable: any bytes as one word of printable ASCII, and back.
//
// Used wherever a client's bytes meet a person: log lines, database columns, messages. The form has no blank,
// no line end, no control character and nothing above 0x7e, so it can neither break a line nor fail in any
// character set.
#pragma once

#include <string>
#include <string_view>

namespace greylisting {

/// Bytes 0x21 to 0x7e stand for themselves, but for the backslash; every other byte is `\xNN`, NN two
/// lower-case hexadecimal digits. The empty string stays empty.
std::string printable(std::string_view bytes);

/// The bytes that `printable` made `text` of. In any other text each `\xNN`, with digits of either case, is
/// the byte, and the rest is as it is: what a person typed or copied.
std::string unescaped(std::string_view text);

/// Any text as one line of printable ASCII: blanks stay, every other byte outside 0x21 to 0x7e is `\xNN`. A
/// text of that form stays as it is.
std::string one_line(std::string_view text);

/// A text as it stands in a message: in quotes, blanks as they are and every other byte as by `printable`; of
/// more than `most` bytes the first, and dots. (A `quoted` of a std::string would be the library's.)
std::string in_quotes(std::string_view bytes, std::size_t most = std::string_view::npos);

/// Lower-case hexadecimal digits, two a byte.
std::string hexadecimal(std::string_view bytes);

}  // namespace greylisting
