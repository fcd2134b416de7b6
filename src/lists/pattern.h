// pattern: what a list entry matches: a client by network or by name, a sender, a recipient.
//
// A pattern is written
//     192.0.2.0/24   2001:db8::/32   192.0.2.7   195.235.39    client: network, address, first octets; an
//         address can be in [brackets], an IPv4 prefix be a mask: 192.0.2.0/255.255.255.0
//     example.org    client, sender, recipient: the domain and its subdomains
//     =example.org   only this name                            (sender, recipient: only this domain)
//     *.example.org  only its subdomains
//     user@example.org   sender, recipient: this address, and user+anything@example.org
//     user@          sender, recipient: this local part at any domain, also with +anything
//     <>             client: one without a name; sender: the null sender
//     /regexp/       any kind but a network: a regular expression (PCRE2), found anywhere, in any case; a
//                    client's is held against its name and against its address, a sender's and a
//                    recipient's against the whole address
//
// No pattern has a blank or a control character in it. In all but regular expressions any byte can be written
// as `\xNN`, as the log and `greylistctl find` show it; the normal form is printable ASCII. Domains in
// Unicode are taken in their ASCII form. An address without an '@' has a local part only, and an address
// literal ([192.0.2.1]) is one label. The pattern user+list@example.org matches that address alone; what
// follows a + is at least one character.
//
// Every pattern but a regular expression is found by its key (pattern_key.h).
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/client_name.h"
#include "mail/network.h"

namespace greylisting {

class Regexp;

/// What a pattern looks at. A client's network and name are written with the same word, `client`.
enum class PatternKind { network, host, sender, recipient };

/// `client` for the first two, `sender`, `recipient`.
std::string_view word(PatternKind kind);

/// What patterns are held against: one delivery attempt.
struct Subjects {
  IpAddress client;
  std::string client_name;  // as normal_client_name makes it; empty for none
  Address sender;
  Address recipient;
  bool has_envelope =
      true;  // otherwise no sender and no recipient is known, and no pattern of theirs matches
  std::optional<Address> original{};  // whose mail it is, where the sender is an SRS address that tells
};

/// A pattern that cannot be understood; what() says what is wrong with it and what is allowed.
class PatternError : public std::runtime_error {
 public:
  /// `why` stands after the text in quotes; with a kind, what is allowed after that.
  PatternError(std::string_view text, std::string_view why);
  PatternError(PatternKind kind, std::string_view text, std::string_view why);
};

class Pattern {
 public:
  /// Reads what follows the word `client`, `sender` or `recipient`. Throws PatternError.
  static Pattern parse(std::string_view word, std::string_view text);

  PatternKind kind() const { return kind_; }

  /// The pattern in its one normal form, from which `parse` and `patterns_of` make the same pattern again.
  const std::string& text() const { return text_; }

  /// The key by which it is found; `kRegexpKey` for every regular expression.
  const std::string& key() const { return key_; }

  /// The network of a client pattern.
  const std::optional<Network>& network() const { return network_; }

  bool is_regexp() const { return key_ == kRegexpKey; }

  /// From 100 to 999, always three digits. Of several patterns that match, the one with the greatest counts:
  /// an address of a sender or recipient, then networks by the length of their prefix, names of clients by
  /// the number of their labels, `user@` and domains of senders, `user@` and domains of recipients, regular
  /// expressions. An address or `user@` with an extension, `user+news`, has one more than without.
  unsigned specificity() const { return specificity_; }

  /// Whether it matches the attempt. A regular expression that hits a limit (regexp.h) does not.
  bool matches(const Subjects& subjects) const;

  static constexpr std::string_view kRegexpKey = "/";

  friend bool operator==(const Pattern& a, const Pattern& b) {
    return a.kind_ == b.kind_ && a.text_ == b.text_;
  }

 private:
  explicit Pattern(PatternKind kind) : kind_(kind) {}

  bool matches_address(const Address& address) const;

  // Each reads one form of `text` into the members (pattern_reading.cpp). They throw PatternError.
  void read_regexp(std::string_view text);
  void read_network(const Network& network);
  void read_no_name();
  void read_domain(std::string_view text);
  void read_address(std::string_view text);

  PatternKind kind_;
  std::string text_;
  std::string key_;
  std::optional<Network> network_;
  unsigned specificity_ = 0;
  std::shared_ptr<const Regexp> regexp_;  // shared by copies
};

/// The patterns that `text` stands for: one, or for a range, `192.0.2.5-192.0.2.20` or `192.0.2-5.1-20`
/// after `client`, its networks. A name may begin as a range does. Throws PatternError.
std::vector<Pattern> patterns_of(std::string_view word, std::string_view text);

}  // namespace greylisting
