// output_file: a file that a person names to be written: all of it or nothing.
#pragma once

#include <string>
#include <string_view>

namespace greylisting::ctl {

/// Writes `text` to a file beside `file`, on the disk before it takes its place. A file that is there is
/// replaced and its mode and owner are kept; a new one is readable as the umask says. What is a symbolic
/// link, or no regular file, is left alone. Throws std::runtime_error that names the file, and leaves what
/// was there.
void write_whole_file(const std::string& file, std::string_view text);

}  // namespace greylisting::ctl
