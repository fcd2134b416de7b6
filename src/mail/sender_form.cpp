#include "mail/sender_form.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "text/ascii.h"

namespace greylisting {
namespace {

// Longer than any local part; what is beyond stays as it is.
constexpr std::size_t kMostLocalPart = 1024;

struct Srs {
  std::string_view forwarder;  // the first one, of SRS1
  std::string_view domain;
  std::string_view local_part;
};

// Takes `text` up to the separator.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

// HASH=TT=domain=local
std::optional<Srs> read_srs0(std::string_view rest) {
  const std::string_view hash = take(rest, '=');
  const std::string_view time = take(rest, '=');
  const std::string_view domain = take(rest, '=');
  if (hash.empty() || time.empty() || time.size() > 4 || domain.find('.') == std::string_view::npos ||
      rest.empty())
    return std::nullopt;
  return Srs{.forwarder = {}, .domain = domain, .local_part = rest};
}

bool is_srs_separator(char c) { return c == '=' || c == '+' || c == '-'; }

// SRS0=HASH=TT=domain=local, or SRS1=HASH=forwarder==HASH=TT=domain=local, where of two separators the second
// can be another one. Exchange Online writes mailbox+SRS=HASH=TT=domain=local.
std::optional<Srs> read_srs(std::string_view local_part) {
  constexpr std::size_t kName = 4;
  constexpr std::string_view kOfMailbox = "+srs=";
  if (const auto name = local_part.find(kOfMailbox); name != std::string_view::npos && name > 0)
    return read_srs0(local_part.substr(name + kOfMailbox.size()));
  if (local_part.size() <= kName || !is_srs_separator(local_part[kName])) return std::nullopt;
  std::string_view rest = local_part.substr(kName + 1);
  if (local_part.starts_with("srs0")) return read_srs0(rest);
  if (!local_part.starts_with("srs1")) return std::nullopt;
  take(rest, '=');
  const std::string_view forwarder = take(rest, '=');
  if (forwarder.empty() || rest.empty() || !is_srs_separator(rest.front())) return std::nullopt;
  auto srs = read_srs0(rest.substr(1));
  if (srs) srs->forwarder = forwarder;
  return srs;
}

// How often letters and digits take turns.
std::size_t turns(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 1; i < text.size(); ++i)
    count += ascii::is_digit(text[i]) != ascii::is_digit(text[i - 1]);
  return count;
}

// Whether a person or a list has no such name: letters and digits mixed, in lower case. A name has its number
// at one end (john1985, 4you, sales2); `is_whole` when it is all of the local part, which has to be longer.
bool is_random(std::string_view token, bool is_whole) {
  constexpr std::size_t kHexadecimal = 8;
  constexpr std::size_t kLong = 16;
  constexpr std::size_t kVeryLong = 20;
  const std::size_t size = token.size();
  if (is_whole && size < kLong) return false;
  if (ascii::is_digits(token)) return true;
  const std::size_t changes = turns(token);
  if (ascii::is_hexadecimal(token)) return size >= kLong || (size >= kHexadecimal && changes >= 2);
  // ezmlm's: twenty letters, of which each is half a byte.
  if (size == kVeryLong && std::ranges::all_of(token, [](char c) { return c >= 'a' && c <= 'p'; }))
    return true;
  return (size >= kVeryLong && changes >= 2) || (size >= kLong && changes >= 3) ||
         (size >= kHexadecimal && changes >= 4);
}

bool is_part_of_token(char c) {
  return ascii::is_lower(c) || ascii::is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

// 8-4-4-4-12 hexadecimal digits at the beginning.
std::size_t uuid_at(std::string_view text) {
  constexpr std::string_view kShape = "00000000-0000-0000-0000-000000000000";
  if (text.size() < kShape.size() || (text.size() > kShape.size() && is_part_of_token(text[kShape.size()])))
    return 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if ((kShape[i] == '-') != (text[i] == '-') ||
        (kShape[i] == '0' && !ascii::is_hexadecimal(text.substr(i, 1))))
      return 0;
  }
  return kShape.size();
}

std::size_t token_at(std::string_view text) {
  const auto* const end = std::ranges::find_if_not(text, is_part_of_token);
  return static_cast<std::size_t>(end - text.begin());
}

// Whether there is no other token: `+15551234567` is somebody's.
bool is_one_token(std::string_view text) {
  const auto* const begin = std::ranges::find_if(text, is_part_of_token);
  return std::all_of(std::find_if_not(begin, text.end(), is_part_of_token), text.end(),
                     [](char c) { return !is_part_of_token(c); });
}

std::string folded(std::string_view text) {
  const bool is_whole = is_one_token(text);
  std::string form;
  bool is_after_sign = false;  // and a separator
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const std::size_t uuid = uuid_at(rest);
    const std::size_t size = uuid > 0 ? uuid : token_at(rest);
    const bool is_sign = uuid > 0 || (size > 0 && is_random(rest.substr(0, size), is_whole));
    if (is_sign && is_after_sign) {
      form.pop_back();  // the separator
    } else if (is_sign) {
      form += '#';
    } else {
      form += rest.substr(0, size);
    }
    at += size;
    if (at < text.size()) form += text[at++];
    is_after_sign = is_sign;
  }
  return form;
}

// What is in front of `+` or, where nothing is, all.
std::string_view without_extension(std::string_view local_part) {
  const std::size_t plus = local_part.find('+');
  return plus == 0 ? local_part : local_part.substr(0, plus);
}

std::string form_of(std::string_view local_part) {
  if (local_part.size() > kMostLocalPart) return std::string(local_part);
  if (const auto srs = read_srs(local_part)) {
    std::string form = srs->forwarder.empty() ? "srs0=" : "srs1=" + std::string(srs->forwarder) + '=';
    return form.append(srs->domain).append("=").append(folded(without_extension(srs->local_part)));
  }
  return folded(without_extension(local_part));
}

}  // namespace

std::string sender_form(const Address& sender) {
  const std::string_view text = sender.text();
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::string(text);
  return form_of(text.substr(0, at)).append(text.substr(at));
}

std::optional<Address> original_sender(const Address& sender) {
  const std::string_view text = sender.text();
  const auto srs = read_srs(text.substr(0, std::min(text.rfind('@'), text.size())));
  if (!srs) return std::nullopt;
  return Address::sender(std::string(srs->local_part).append("@").append(srs->domain));
}

}  // namespace greylisting
