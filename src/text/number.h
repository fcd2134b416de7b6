// number: a whole number in decimal digits.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace greylisting {

/// The number that all of `text` is; nothing when it is something else or does not fit.
template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  // It takes a caller's temporary for gone, which lives as long as the call.
  // cppcheck-suppress [invalidLifetime, danglingTemporaryLifetime]
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (error != std::errc() || end != text.end()) return std::nullopt;
  return number;
}

}  // namespace greylisting
