#include "text/printable.h"

#include "text/ascii.h"

namespace greylisting {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

bool stands_for_itself(char c) { return c > 0x20 && c < 0x7f && c != '\\'; }

void append_hexadecimal(std::string& text, char byte) {
  text += kDigits[static_cast<unsigned char>(byte) >> 4U];
  text += kDigits[static_cast<unsigned char>(byte) & 0xfU];
}

}  // namespace

std::string printable(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    if (stands_for_itself(c)) {
      text += c;
    } else {
      text += "\\x";
      append_hexadecimal(text, c);
    }
  }
  return text;
}

std::string unescaped(std::string_view text) {
  constexpr std::size_t kEscape = 4;  // \xNN
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    if (text.size() >= kEscape && text.starts_with("\\x")) {
      const auto high = kDigits.find(ascii::lower(text[2]));
      const auto low = kDigits.find(ascii::lower(text[3]));
      if (high != std::string_view::npos && low != std::string_view::npos) {
        bytes += static_cast<char>(high << 4U | low);
        text.remove_prefix(kEscape);
        continue;
      }
    }
    bytes += text.front();
    text.remove_prefix(1);
  }
  return bytes;
}

std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (c == ' ' || c == '\\') {
      line += c;
    } else {
      line += printable({&c, 1});
    }
  }
  return line;
}

std::string in_quotes(std::string_view bytes, std::size_t most) {
  std::string shown = "\"";
  for (const char c : bytes.substr(0, most)) shown += c == ' ' ? std::string(1, c) : printable({&c, 1});
  return shown.append(bytes.size() > most ? "...\"" : "\"");
}

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) append_hexadecimal(text, c);
  return text;
}

}  // namespace greylisting
