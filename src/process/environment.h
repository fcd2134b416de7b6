// environment: the variables that this process was given.
#pragma once

#include <functional>
#include <string_view>

namespace greylisting {

/// Looks up an environment variable; null when it is not set. Has the shape of getenv(3).
using Environment = std::function<const char*(const char* name)>;

/// The value; empty also for a variable that is not set.
inline std::string_view value_or_empty(const Environment& environment, const char* name) {
  const char* const value = environment(name);
  return value == nullptr ? std::string_view() : value;
}

}  // namespace greylisting
