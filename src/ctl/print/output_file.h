// output_file: a file that a person names to be written: all of it or nothing.
#pragma once

#include <string>
#include <string_view>

namespace greylisting::ctl {

/// What a person writes for standard output where a file is to be named.
inline constexpr std::string_view kStandardOutput = "-";

/// Writes `text` to a file beside `file`, on the disk before it takes its place. A file that is there is
/// replaced and its mode and owner are kept; a new one is readable as the umask says. What is a symbolic
/// link, or no regular file, is left alone; `-` is standard output. Throws std::runtime_error that names the
/// file and the remedy, and leaves what was there.
void write_whole_file(const std::string& file, std::string_view text);

}  // namespace greylisting::ctl
