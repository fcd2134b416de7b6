// shell_word: a word as a person types it into a shell.
#pragma once

#include <string>
#include <string_view>

namespace greylisting {

/// `word` so that a POSIX shell takes it as one word with just these bytes: as it is where that is safe,
/// otherwise between single quotes.
std::string shell_word(std::string_view word);

}  // namespace greylisting
