// pattern_key: the keys by which patterns are found, and their specificity.
//
// Every pattern but a regular expression is found by equality: an attempt has a few dozen keys
// (`keys_of`), and a pattern matches when its key is one of them, so that an index answers at any number of
// patterns. A network's key is its first address; whether it reaches far enough is asked beside it. Keys:
//     n and the 4 or 16 bytes of a network's first address
//     h=name     h.domain   h*domain    a client's name alone, domain and subdomains, subdomains only; h=
//                                       for a client without a name
//     s=address  s=user@    s=          a sender's address, local part, the null sender
//     s@domain   s.domain   s*domain    a sender's domain alone, with its subdomains, subdomains only
//     r…                                a recipient, likewise
// All but a network's are printable ASCII (printable.h), and none is longer than 250 bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lists/pattern.h"
#include "mail/address.h"
#include "mail/network.h"

namespace greylisting {

inline constexpr std::size_t kMaxKey = 250;

/// The second byte of a key.
enum class KeyForm : char {
  whole = '=',         // a client's name alone; of a sender or recipient an address or a local part
  domain_alone = '@',  // of a sender or recipient
  domain = '.',        // a domain and its subdomains
  subdomains = '*',    // a domain's subdomains
};

/// The form of `=domain`.
constexpr KeyForm alone(PatternKind kind) {
  return kind == PatternKind::host ? KeyForm::whole : KeyForm::domain_alone;
}

/// A key of another kind than a network's: `subject` and `rest` follow the form.
std::string key_of(PatternKind kind, KeyForm form, std::string_view subject = {}, std::string_view rest = {});
std::string key_of_network(const IpAddress& first);

/// The specificity of a pattern of that kind (host, sender or recipient) for a domain: `is_exact` for
/// `=domain`.
unsigned specificity_of_domain(PatternKind kind, std::string_view domain, bool is_exact);

/// The keys of all patterns, but regular expressions, that can match the attempt, each once.
std::vector<std::string> keys_of(const Subjects& subjects);

/// An address without its extension (user+extension), which is not empty, as `user`.
struct AddressParts {
  std::string_view local_part;
  std::string_view user;
  std::string_view domain;  // empty without one
};

AddressParts parts_of(const Address& address);

/// The local part without its extension; itself without one.
std::string_view user_of(std::string_view local_part);

/// RFC 5321, section 4.1.3. The dots in it separate no labels.
bool is_address_literal(std::string_view domain);

}  // namespace greylisting
