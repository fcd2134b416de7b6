#include "text/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "text/printable.h"

namespace greylisting {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t size = 1;
  bool is_valid = false;
};

struct Span {
  char32_t first;
  char32_t last;
};

// Controls, zero width, line ends, directions, surrogates, the byte order mark, no characters, tags.
constexpr std::array<Span, 12> kUnseen{{{0x00, 0x1f},
                                        {0x7f, 0x9f},
                                        {0xad, 0xad},
                                        {0x61c, 0x61c},
                                        {0x180e, 0x180e},
                                        {0x200b, 0x200f},
                                        {0x2028, 0x202e},
                                        {0x2060, 0x206f},
                                        {0xd800, 0xdfff},
                                        {0xfeff, 0xfeff},
                                        {0xfff0, 0xfffb},
                                        {0xe0000, 0xe0fff}}};

// The first character of `text`, which is not empty; of what is none its first byte.
Character first_of(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    code = code << 6U | (byte(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};  // shorter ones have another form
  return {code, size, code >= kLeast.at(size) && code <= 0x10ffff};
}

bool is_seen(const Character& character) {
  return character.is_valid && (character.code & 0xfffeU) != 0xfffeU &&
         std::ranges::none_of(kUnseen, [&](const Span& span) {
           return character.code >= span.first && character.code <= span.last;
         });
}

}  // namespace

std::string line_of_utf8(std::string_view text, std::size_t most) {
  std::string line;
  while (!text.empty()) {
    const Character character = first_of(text);
    const std::string_view bytes = text.substr(0, character.is_valid ? character.size : 1);
    const std::string shown = is_seen(character) ? std::string(bytes) : printable(bytes);
    if (shown.size() > most - line.size()) break;
    line += shown;
    text.remove_prefix(bytes.size());
  }
  return line;
}

}  // namespace greylisting
