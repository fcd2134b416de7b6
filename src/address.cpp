#include "address.h"

namespace greylisting {
namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

constexpr std::string_view kBatvPrefix = "prvs=";
constexpr std::size_t kBatvTag = 10;  // KDDDSSSSSS: key number, day, part of a hash

bool is_batv_tag(std::string_view text) {
  return text.size() == kBatvTag && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// What a tagged local part, without its prefix, says the user is; empty when it says nothing. Both spellings
// are in use: the draft's TAG=user, and user/TAG.
std::string_view batv_user(std::string_view tagged) {
  const auto slash = tagged.rfind('/');
  if (slash != std::string_view::npos && is_batv_tag(tagged.substr(slash + 1)))
    return tagged.substr(0, slash);
  if (const auto equals = tagged.find('='); equals != std::string_view::npos)
    return tagged.substr(equals + 1);
  return slash == std::string_view::npos ? std::string_view() : tagged.substr(0, slash);
}

// Bounce Address Tag Validation changes the sender's tag every day.
std::string without_batv_tag(const std::string& address) {
  const auto at = address.rfind('@');
  if (at == std::string::npos) return address;
  std::string_view local_part = std::string_view(address).substr(0, at);
  while (local_part.starts_with(kBatvPrefix)) {
    const std::string_view user = batv_user(local_part.substr(kBatvPrefix.size()));
    if (user.empty()) break;
    local_part = user;
  }
  return std::string(local_part).append(address, at);
}

}  // namespace

Address Address::sender(std::string_view raw) { return Address(without_batv_tag(lower_case(raw))); }

Address Address::recipient(std::string_view raw) { return Address(lower_case(raw)); }

std::string_view Address::domain() const {
  const auto at = text_.rfind('@');
  return at == std::string::npos ? std::string_view(text_) : std::string_view(text_).substr(at + 1);
}

}  // namespace greylisting
