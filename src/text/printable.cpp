#include "text/printable.h"

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

std::optional<std::string> from_printable(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    if (stands_for_itself(text.front())) {
      bytes += text.front();
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 4 || text.substr(0, 2) != "\\x") return std::nullopt;
    const auto high = kDigits.find(text[2]);
    const auto low = kDigits.find(text[3]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    const auto byte = static_cast<char>(high << 4U | low);
    if (stands_for_itself(byte)) return std::nullopt;
    bytes += byte;
    text.remove_prefix(4);
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

std::string quoted(std::string_view bytes, std::size_t most) {
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
