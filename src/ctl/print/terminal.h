// terminal: where more than text can be written, for a person who looks at it.
#pragma once

#include <cstddef>

namespace greylisting::ctl {

/// Whether what goes to that file descriptor may have colours and move the cursor: it is a terminal, TERM is
/// not `dumb`, and NO_COLOR (no-color.org) is not set or empty.
bool is_decorated(int descriptor);

/// How many columns that terminal has; 80 where it does not say.
std::size_t width_of(int descriptor);

/// How many rows; 24 where it does not say.
std::size_t height_of(int descriptor);

/// Whether there is a person to ask: standard input and output are a terminal.
bool can_ask();

/// Whether the person says so. Asks `Do this? [y/N]`.
bool is_confirmed();

}  // namespace greylisting::ctl
