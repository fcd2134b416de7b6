// number: a whole number in decimal digits.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace greylisting {

/// The number that all of `text` is; nothing when it is something else or does not fit.
template <typename Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace greylisting
