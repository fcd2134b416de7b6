// address: the normal form is its own normal form and no other in upper case; a local part loses nothing but
// ASCII case, a source route and a sender's BATV tag; a domain nothing but ASCII case and dots at its end,
// unless it is not ASCII; and the domain is what follows the last '@'.

#include "mail/address.h"
#include "mail/sender_form.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

std::string mapped(std::string_view text, char first, char last, int by) {
  std::string result(text);
  for (char& c : result) {
    if (c >= first && c <= last) c = static_cast<char>(c + by);
  }
  return result;
}

void expect_domain(const Address& address) {
  const std::string_view text = address.text();
  const std::string_view domain = address.domain();
  expect(text.ends_with(domain));
  expect(domain.find('@') == std::string_view::npos);
  if (text.find('@') == std::string_view::npos) {
    expect(domain == text);
  } else {
    expect(text.substr(0, text.size() - domain.size()).ends_with('@'));
  }
}

// The address up to its last '@', with it; empty where there is none.
std::string_view local_part(std::string_view address) { return address.substr(0, address.rfind('@') + 1); }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// `text` is the normal form of the recipient `lower`.
void expect_normal(std::string_view text, std::string_view lower) {
  if (lower.find('@') == std::string_view::npos) {
    expect(text == lower);
    return;
  }
  expect(local_part(lower).ends_with(local_part(text)));
  const std::string_view route = lower.substr(0, local_part(lower).size() - local_part(text).size());
  expect(route.empty() || (route.starts_with('@') && route.ends_with(':')));

  std::string_view domain = lower.substr(local_part(lower).size());
  domain = domain.substr(0, domain.find_last_not_of('.') + 1);
  const std::string_view normal = text.substr(local_part(text).size());
  expect(normal == domain || (!is_ascii(domain) && is_ascii(normal)));
  expect(!normal.ends_with('.'));
}

// The sender `text` lost nothing of `recipient`, its normal form as a recipient, but the tag around its local
// part.
void expect_untagged(std::string_view text, std::string_view recipient) {
  if (text == recipient) return;
  const std::string_view local = local_part(recipient);
  expect(local.starts_with("prvs=") || local.starts_with("msprvs1=") || local.starts_with("btv1=="));
  const std::string_view domain = recipient.substr(local.size() - 1);
  expect(text.ends_with(domain));
  const std::string_view user = text.substr(0, text.size() - domain.size());
  expect(!user.empty() && local.substr(5).find(user) != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view raw(reinterpret_cast<const char*>(data), size);
  raw = raw.substr(0, raw.find_first_of(std::string_view("\0\n", 2)));  // neither comes from qmail-smtpd
  const std::string lower = mapped(raw, 'A', 'Z', 'a' - 'A');
  const std::string upper = mapped(raw, 'a', 'z', 'A' - 'a');

  const Address recipient = Address::recipient(raw);
  expect(Address::recipient(recipient.text()) == recipient);
  expect(Address::recipient(upper) == recipient);
  expect_normal(recipient.text(), lower);
  expect_domain(recipient);

  const Address sender = Address::sender(raw);
  expect(Address::sender(sender.text()) == sender);
  expect(Address::sender(upper) == sender);
  expect(sender.domain() == recipient.domain());
  expect_untagged(sender.text(), recipient.text());
  expect_domain(sender);
  expect(sender_form(sender).ends_with(sender.domain()));
  if (const auto original = original_sender(sender)) expect_domain(*original);
  return 0;
}
