// control_file: the content of a file in qmail's control directory, read with the care that a process needs
// which must not hang and must not obey just anybody.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace greylisting {

struct ControlFileText {
  std::string text;
  std::string why{};        // why the content cannot be had: `is not a regular file`, …; empty when it can
  bool is_missing = false;  // there is no such file; then `why` is `does not exist`
};

/// Reads a regular file of at most `most` bytes. Never waits for a FIFO or a device; refuses a file that
/// everybody can write to.
ControlFileText read_control_file(const std::string& name, std::size_t most = 65536);

/// What to say of a file that cannot be had: `FILE: WHY, so CONSEQUENCE; ` and the remedy.
std::string problem_with(const std::string& name, const ControlFileText& content,
                         std::string_view consequence);

/// `text` without blanks and line ends at either end, and without the UTF-8 byte order mark in front.
std::string_view trimmed(std::string_view text);
std::string_view without_byte_order_mark(std::string_view text);

/// This host's name, the first line of control/me; empty when there is none.
std::string own_name();

}  // namespace greylisting
