#include "text/shell_word.h"

#include <algorithm>

#include "text/ascii.h"

namespace greylisting {
namespace {

bool is_plain(char c) {
  return ascii::is_letter_or_digit(c) || std::string_view("@%+=:,./_-").find(c) != std::string_view::npos;
}

}  // namespace

std::string shell_word(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted.append(c == '\'' ? std::string("'\\''") : std::string(1, c));
  return quoted + '\'';
}

}  // namespace greylisting
