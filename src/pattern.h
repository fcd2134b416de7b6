// pattern: what a list entry matches: a client by network or by name, a sender, a recipient.
//
// A pattern is written
//     192.0.2.0/24   2001:db8::/32   192.0.2.7   195.235.39    client: network, address, first octets
//     example.org    client, sender, recipient: the domain and its subdomains
//     =example.org   only this name                            (sender, recipient: only this domain)
//     *.example.org  only its subdomains
//     user@example.org   sender, recipient: this address, and user+anything@example.org
//     user@          sender, recipient: this local part at any domain, also with +anything
//     /regexp/       any kind but a network: a regular expression (PCRE2), found anywhere, in any case
//
// Every pattern but a regular expression is found by equality: an attempt has a few dozen keys
// (`keys_of`), and a pattern matches when its key is one of them, so that an index answers at any number of
// patterns. A network's key is its first address; whether it reaches far enough is asked beside it.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "address.h"
#include "network.h"

namespace greylisting {

/// What a pattern looks at. A client's network and name are written with the same word, `client`.
enum class PatternKind { network, host, sender, recipient };

/// `client` for the first two, `sender`, `recipient`.
std::string_view word(PatternKind kind);

/// What patterns are held against: one delivery attempt.
struct Subjects {
  IpAddress client;
  std::string client_name;  // normal form: lower case, no final dots; empty for none
  Address sender;
  Address recipient;
};

/// `name` in lower case and without final dots.
std::string normal_client_name(std::string_view name);

/// A pattern that cannot be understood; what() says what is wrong with it and what is allowed.
class PatternError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Pattern {
 public:
  /// Reads what stands behind the word `client`, `sender` or `recipient`. Throws PatternError.
  static Pattern parse(std::string_view word, std::string_view text);

  PatternKind kind() const { return kind_; }

  /// The pattern in its one normal form, fit to be parsed again.
  const std::string& text() const { return text_; }

  /// The key by which it is found; `kRegexpKey` for every regular expression.
  const std::string& key() const { return key_; }

  /// The network of a client pattern.
  const std::optional<Network>& network() const { return network_; }

  bool is_regexp() const { return key_ == kRegexpKey; }

  /// From 100 to 999, always three digits. Of several patterns that match, the one with the greatest counts:
  /// an address of a sender or recipient, then networks by the length of their prefix, names of clients by
  /// the number of their labels, `user@` and domains of senders, `user@` and domains of recipients, regular
  /// expressions.
  unsigned specificity() const { return specificity_; }

  /// Whether it matches the attempt.
  bool matches(const Subjects& subjects) const;

  static constexpr std::string_view kRegexpKey = "/";

 private:
  Pattern() = default;
  // … (members are the implementation's)
};

/// The specificity of a pattern of that kind (host, sender or recipient) for a domain: `is_exact` for
/// `=domain`.
unsigned specificity_of_domain(PatternKind kind, std::string_view domain, bool is_exact);

/// The keys of all patterns, but regular expressions, that can match the attempt.
std::vector<std::string> keys_of(const Subjects& subjects);

}  // namespace greylisting
