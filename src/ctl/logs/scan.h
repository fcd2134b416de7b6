// scan: the next piece of a line, which is taken off its front.
#pragma once

#include <algorithm>
#include <string_view>

namespace greylisting {

/// Takes `what` off; false where the text does not begin so.
inline bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

inline void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// Up to the next blank, which is taken as well; empty at the end, and between two blanks.
inline std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

/// `<alice@example.net>` as alice@example.net, taken off; empty where there is none, and for the null sender.
inline std::string_view take_address(std::string_view& text) {
  const auto end = text.find('>');
  if (!text.starts_with('<') || end == std::string_view::npos) return {};
  const std::string_view address = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return address;
}

/// How often the one is in the other.
inline std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace greylisting
