#include "mail/address.h"

#include <idn2.h>

#include <algorithm>
#include <array>

#include "text/ascii.h"

namespace greylisting {
namespace {

// @relay,@relay:user@domain
std::string_view without_source_route(std::string_view address) {
  while (address.starts_with('@')) {
    const auto colon = address.find(':');
    if (colon == std::string_view::npos || address.find('@', colon) == std::string_view::npos) break;
    address.remove_prefix(colon + 1);
  }
  return address;
}

// Longer ones are none (RFC 5321, section 4.5.3.1.2: 255 octets; more in UTF-8), and not worth the time.
constexpr std::size_t kMaxUnicodeDomain = 1024;

// A width variant of @ or a blank becomes the character itself, and then the name is none.
bool is_host_name(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return ascii::is_lower(c) || ascii::is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

std::string without_final_dots(std::string_view domain) {
  return std::string(domain.substr(0, domain.find_last_not_of('.') + 1));
}

std::string normal_domain(std::string_view text) {
  std::string domain = without_final_dots(text);
  const bool is_ascii =
      std::ranges::all_of(domain, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (is_ascii || domain.size() > kMaxUnicodeDomain) return domain;

  char* converted = nullptr;
  if (idn2_to_ascii_8z(domain.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
    return domain;
  const std::string ascii = ascii::lower(converted);
  idn2_free(converted);
  return is_host_name(ascii) ? without_final_dots(ascii) : domain;
}

// `"john doe"@example.net` as qmail-smtpd and Postfix hand it over; Exim leaves the quotes, and so may who
// types it. What would begin a source route keeps them.
std::string without_quotes(std::string address) {
  for (;;) {
    const auto at = address.rfind('@');
    if (at == std::string::npos || at < 3 || address.front() != '"') return address;
    const std::size_t last = at - 1;
    std::string local_part;
    std::size_t i = 1;
    for (; i < last && address[i] != '"'; ++i) {
      if (address[i] == '\\') ++i;
      local_part += address[i];
    }
    if (i != last || address[last] != '"' || local_part.starts_with('@')) return address;
    address = local_part.append(address, at);
  }
}

std::string normal_form(std::string_view raw) {
  std::string address = ascii::lower(without_source_route(raw));
  const auto at = address.rfind('@');
  if (at == std::string::npos) return address;
  return without_quotes(address.substr(0, at + 1) + normal_domain(address.substr(at + 1)));
}

constexpr std::string_view kBatvPrefix = "prvs=";
constexpr std::size_t kBatvTag = 10;  // KDDDSSSSSS: key number, day, part of a hash

bool is_batv_tag(std::string_view text) { return text.size() == kBatvTag && ascii::is_hexadecimal(text); }

// What a tagged local part, without its prefix, says the user is; empty when it says nothing. These spellings
// are in use: the draft's TAG=user, user=TAG, and user/TAG.
std::string_view batv_user(std::string_view tagged) {
  const auto slash = tagged.rfind('/');
  if (slash != std::string_view::npos && is_batv_tag(tagged.substr(slash + 1)))
    return tagged.substr(0, slash);
  const auto last = tagged.rfind('=');
  if (last != std::string_view::npos && is_batv_tag(tagged.substr(last + 1)) &&
      !is_batv_tag(tagged.substr(0, tagged.find('='))))
    return tagged.substr(0, last);
  if (const auto equals = tagged.find('='); equals != std::string_view::npos)
    return tagged.substr(equals + 1);
  return slash == std::string_view::npos ? std::string_view() : tagged.substr(0, slash);
}

// Two other schemes: msprvs1=TAG=user, and Barracuda's btv1==TAG==user.
struct Scheme {
  std::string_view prefix;
  std::string_view end_of_tag;
};
constexpr std::array<Scheme, 2> kOtherSchemes{{{"msprvs1=", "="}, {"btv1==", "=="}}};

std::string_view user_of_other_scheme(std::string_view local_part) {
  for (const auto& [prefix, end_of_tag] : kOtherSchemes) {
    if (!local_part.starts_with(prefix)) continue;
    const auto end = local_part.find(end_of_tag, prefix.size());
    return end == std::string_view::npos ? std::string_view() : local_part.substr(end + end_of_tag.size());
  }
  return {};
}

// Bounce Address Tag Validation changes the sender's tag every day.
std::string without_batv_tag(const std::string& address) {
  const auto at = address.rfind('@');
  if (at == std::string::npos) return address;
  std::string_view local_part = std::string_view(address).substr(0, at);
  for (;;) {
    std::string_view user;
    if (local_part.starts_with(kBatvPrefix)) {
      user = batv_user(local_part.substr(kBatvPrefix.size()));
    } else {
      user = user_of_other_scheme(local_part);
    }
    if (user.empty() || user.starts_with('@')) break;  // that would be a source route
    local_part = user;
  }
  return std::string(local_part).append(address, at);
}

}  // namespace

Address Address::sender(std::string_view raw) {
  std::string text = normal_form(raw);
  for (std::string before; before != text;) {
    before = text;
    text = without_quotes(without_batv_tag(before));  // one can be in the other
  }
  return Address(text);
}

Address Address::recipient(std::string_view raw) { return Address(normal_form(raw)); }

std::string_view Address::domain() const {
  const auto at = text_.rfind('@');
  return at == std::string::npos ? std::string_view(text_) : std::string_view(text_).substr(at + 1);
}

}  // namespace greylisting
