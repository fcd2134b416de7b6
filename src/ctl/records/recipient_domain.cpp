#include "ctl/records/recipient_domain.h"

#include <algorithm>

#include "ctl/commands.h"
#include "mail/address.h"
#include "mail/fingerprint.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

// Leaves room in a column of 191 characters for the word that follows it.
constexpr std::size_t kLongest = 170;

}  // namespace

std::string_view recipient_domain_of(std::string_view recipient) {
  const auto at = recipient.rfind('@');
  if (at == std::string_view::npos || recipient.size() - at - 1 > kLongest) return {};
  return recipient.substr(at + 1);
}

RecipientDomain RecipientDomain::of(const std::string& text, const Settings& settings) {
  if (text.empty()) return {};
  const std::string domain = text.starts_with('@') ? text.substr(1) : text;
  const Address address = Address::recipient('@' + domain);
  const bool has_blank =
      std::ranges::any_of(domain, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  if (has_blank || domain.find('@') != std::string::npos || address.domain().empty())
    throw UsageError("--recipient-domain " + printable(text) + ": name a domain, as in example.org");
  return {.name = printable(address.domain()),
          .stored = Fingerprinter(settings.privacy_key).stored_domain(address.domain())};
}

bool RecipientDomain::has(std::string_view recipient) const {
  return is_all() || recipient_domain_of(recipient) == stored;
}

}  // namespace greylisting::ctl
