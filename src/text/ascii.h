// ascii: letters and digits of ASCII, whatever the locale; every other byte is none of them and stays as it
// is.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace greylisting::ascii {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

constexpr bool is_letter_or_digit(char c) { return is_lower(c) || is_upper(c) || is_digit(c); }

constexpr char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

inline std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

inline std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = upper(c);
  return result;
}

/// Whether `text` is one digit or more and nothing else.
constexpr bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

/// Whether `text` has nothing but hexadecimal digits in lower case; an empty one has nothing.
constexpr bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace greylisting::ascii
