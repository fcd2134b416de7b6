// environment: the variables that this process was given.
#pragma once

#include <functional>

namespace greylisting {

/// Looks up an environment variable; null when it is not set. Has the shape of getenv(3).
using Environment = std::function<const char*(const char* name)>;

}  // namespace greylisting
