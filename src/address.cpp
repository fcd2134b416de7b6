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

// Bounce Address Tag Validation changes the sender's tag every day. Both spellings are in use: the draft's
// prvs=TAG=user@domain, and prvs=user/TAG@domain.
std::string without_batv_tag(std::string address) {
  constexpr std::string_view kPrefix = "prvs=";
  if (!address.starts_with(kPrefix)) return address;
  const auto at = address.rfind('@');
  if (at == std::string::npos) return address;
  const std::string_view tagged = std::string_view(address).substr(kPrefix.size(), at - kPrefix.size());
  const std::string_view domain = std::string_view(address).substr(at);

  std::string_view user;
  if (const auto equals = tagged.find('='); equals != std::string_view::npos) {
    user = tagged.substr(equals + 1);
  } else if (const auto slash = tagged.find('/'); slash != std::string_view::npos) {
    user = tagged.substr(0, slash);
  }
  if (user.empty()) return address;
  return std::string(user).append(domain);
}

}  // namespace

Address Address::sender(std::string_view raw) { return Address(without_batv_tag(lower_case(raw))); }

Address Address::recipient(std::string_view raw) { return Address(lower_case(raw)); }

std::string_view Address::domain() const {
  const auto at = text_.rfind('@');
  return at == std::string::npos ? std::string_view(text_) : std::string_view(text_).substr(at + 1);
}

}  // namespace greylisting
