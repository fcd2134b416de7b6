#include "mail/reply.h"

#include <algorithm>

#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting {
namespace {

bool is_reply_text(char c) { return c >= 0x20 && c < 0x7f; }

}  // namespace

bool is_reply(std::string_view text, char first) {
  return text.size() > 4 && text.size() <= kMaxReply && text[0] == first && text[1] >= '0' &&
         text[1] <= '5' && ascii::is_digit(text[2]) && text[3] == ' ' &&
         std::ranges::all_of(text, is_reply_text);
}

std::string expand_reply(std::string_view text, std::chrono::seconds left,
                         std::string_view recipient_domain) {
  std::string reply;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '%' && i + 1 < text.size() ? text[i + 1] : '\0';
    switch (next) {
      case 's':
        reply += std::to_string(left.count());
        break;
      case 'r':
        reply += recipient_domain.empty() ? "-" : printable(recipient_domain.substr(0, kMaxReply));
        break;
      case '%':
        reply += '%';
        break;
      default:
        reply += text[i];
        continue;
    }
    ++i;
  }
  if (reply.size() > kMaxReply) reply.resize(kMaxReply);
  return reply;
}

}  // namespace greylisting
