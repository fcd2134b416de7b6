#include "terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace greylisting::ctl {

bool is_decorated(int descriptor) {
  const char* const no_color = std::getenv("NO_COLOR");
  return isatty(descriptor) == 1 && (no_color == nullptr || *no_color == '\0');
}

}  // namespace greylisting::ctl
