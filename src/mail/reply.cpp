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

std::string doubt_about_deferral(std::string_view text) {
  if (!text.starts_with('4')) return "";
  const std::string_view code = text.substr(0, 3);
  const std::string_view rest = text.substr(std::min<std::size_t>(4, text.size()));
  const std::string remedy = "; write 450 or 451";
  if (code == "421") {
    return "421 says that the server hangs up: the client leaves, too, and all its other recipients are lost "
           "for now" +
           remedy;
  }
  if (code != "450" && code != "451") {
    return std::string(code) +
           " is taken for a permanent failure, or for one of the whole host, by some clients" + remedy;
  }
  const std::string_view status = rest.substr(0, rest.find(' '));
  const bool is_status = std::ranges::count(status, '.') == 2 && ascii::is_digit(status.front()) &&
                         std::ranges::all_of(status, [](char c) { return c == '.' || ascii::is_digit(c); });
  if (is_status && status.front() != '4') {
    return "the status code " + std::string(status) +
           " is not that of a deferral, and some clients go by it; write 4.7.1";
  }
  return "";
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
