// terminal: where more than text can be written, for a person who looks at it.
#pragma once

namespace greylisting::ctl {

/// Whether what goes to that file descriptor may have colours and move the cursor: it is a terminal, and
/// NO_COLOR (no-color.org) is not set or empty.
bool is_decorated(int descriptor);

}  // namespace greylisting::ctl
