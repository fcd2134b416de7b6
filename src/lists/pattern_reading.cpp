#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "lists/listed_network.h"
#include "lists/pattern.h"
#include "lists/pattern_key.h"
#include "lists/regexp.h"
#include "mail/client_name.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting {
namespace {

constexpr std::size_t kMaxDomain = 253;  // RFC 1035, section 2.3.4, as text
constexpr std::size_t kMaxRegexp = 1000;
constexpr std::size_t kLongestShown = 100;  // of a text in a message

// A client without a name, the null sender.
constexpr std::string_view kNone = "<>";

std::string allowed(PatternKind kind) {
  const bool is_client = kind == PatternKind::network || kind == PatternKind::host;
  return std::string("a ")
      .append(word(kind))
      .append(is_client ? " is a network (192.0.2.0/24), a name (example.org)" : " is an address, a domain")
      .append(" or a /regexp/");
}

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_in_names(char c) {
  return ascii::is_lower(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.';
}

// The normal form of a domain in `text`, which stands there alone or after = or *. or an address's @.
std::string domain_of(PatternKind kind, std::string_view text, std::string_view name) {
  std::string domain = normal_client_name(name);
  if (!is_ascii(domain)) domain = Address::recipient("x@" + domain).domain();

  const std::string_view inside = std::string_view(domain).substr(domain.starts_with('['));
  if (kind != PatternKind::host && is_address_literal(domain) &&
      inside.find_first_of("[]@\\") == inside.size() - 1 && is_ascii(domain) &&
      std::ranges::none_of(domain, is_blank_or_control)) {
    return domain;
  }
  if (!std::ranges::all_of(domain, is_in_names)) {
    throw PatternError(kind, text, "is not a domain name, which has letters, digits, '-', '_' and '.'");
  }
  if (domain.empty() || domain.starts_with('.') || domain.find("..") != std::string::npos)
    throw PatternError(kind, text, "is not a domain name, because a label of it is empty");
  if (domain.size() > kMaxDomain)
    throw PatternError(kind, text,
                       "is longer than the " + std::to_string(kMaxDomain) + " characters of a domain name");
  return domain;
}

}  // namespace

PatternError::PatternError(std::string_view text, std::string_view why)
    : std::runtime_error(in_quotes(text, kLongestShown).append(" ").append(why)) {}

PatternError::PatternError(PatternKind kind, std::string_view text, std::string_view why)
    : PatternError(text, std::string(why).append("; ").append(allowed(kind))) {}

void Pattern::read_regexp(std::string_view text) {
  if (text.size() < 3 || !text.ends_with('/')) {
    throw PatternError(
        kind_, text,
        "begins as a regular expression and does not end as one: it stands between two slashes, is not "
        "empty, and has \\s for a blank");
  }
  const std::string shown = printable_expression(text);
  if (shown != text && text.find("\\Q") != std::string_view::npos)
    throw PatternError(text,
                       R"(has \Q in it and characters outside ASCII: write these as \xNN, and not after \Q)");
  if (shown.size() > kMaxRegexp) {
    throw PatternError(text, "is longer than the " + std::to_string(kMaxRegexp) +
                                 " characters of a regular expression; make two of it");
  }
  try {
    regexp_ = std::make_shared<const Regexp>(text.substr(1, text.size() - 2));
  } catch (const RegexpError& error) {
    throw PatternError(text, std::string("is not a regular expression: ") + error.what());
  }
  text_ = shown;
  key_ = kRegexpKey;
  specificity_ = kind_ == PatternKind::host ? 130 : kind_ == PatternKind::sender ? 120 : 110;
}

void Pattern::read_network(const Network& network) {
  kind_ = PatternKind::network;
  network_ = network;
  const IpAddress& first = network.first();
  text_ = network.prefix() == first.bits() ? first.text() : network.text();
  key_ = key_of_network(first);
  specificity_ = 700 + network.prefix();
}

void Pattern::read_no_name() {
  text_ = kNone;
  key_ = key_of(kind_, KeyForm::whole);
  specificity_ = specificity_of_domain(kind_, {}, true);
}

void Pattern::read_domain(std::string_view text) {
  KeyForm form = KeyForm::domain;
  std::string_view prefix;
  if (text.starts_with('=')) {
    form = alone(kind_);
    prefix = text.substr(0, 1);
  } else if (text.starts_with("*.")) {
    form = KeyForm::subdomains;
    prefix = text.substr(0, 2);
  }
  if (text.starts_with('.') && text.find_first_not_of('.') == 1) {
    throw PatternError(text, "is not a domain name, because a label of it is empty; write " +
                                 domain_of(kind_, text, text.substr(1)).substr(0, kLongestShown) +
                                 " for the domain and its subdomains");
  }
  const std::string domain = domain_of(kind_, text, text.substr(prefix.size()));
  if (kind_ != PatternKind::host && IpAddress::parse(domain))
    throw PatternError(kind_, text,
                       "is the address of a client; a mail domain that is one stands between [ and ]");
  if (kind_ == PatternKind::host && ends_in_number(domain))
    throw PatternError(kind_, text, "is not a network, and no name ends in a number");
  if (form == KeyForm::subdomains && is_address_literal(domain))
    throw PatternError(kind_, text, "means nothing, because an address has no subdomains");
  text_.append(prefix).append(domain);
  key_ = key_of(kind_, form, domain);
  if (key_.size() > kMaxKey) {
    throw PatternError(
        kind_, text,
        "is too long for a list: a domain may have " + std::to_string(kMaxKey - 2) + " characters here");
  }
  specificity_ = specificity_of_domain(kind_, domain, form == alone(kind_));
}

void Pattern::read_address(std::string_view text) {
  const bool is_sender = kind_ == PatternKind::sender;
  if (is_sender && text == kNone) {
    key_ = key_of(kind_, KeyForm::whole);
    text_ = text;
    specificity_ = 920;
    return;
  }
  const bool has_domain = !text.ends_with('@');
  text_ = printable((is_sender ? Address::sender(text) : Address::recipient(text)).text());
  if (text_.starts_with('@')) {
    const std::string domain = text_.substr(1, kLongestShown);
    if (domain.empty()) throw PatternError(kind_, text, "has neither a user nor a domain");
    throw PatternError(text, "has nothing in front of the @: write " + domain +
                                 " for this domain and its subdomains, =" + domain + " for it alone");
  }
  if (text_.starts_with('<')) throw PatternError(text, "is to be written without < and >");
  if (text_.starts_with('/') || text_.starts_with('='))
    throw PatternError(kind_, text, std::string("begins with ") + text_[0] + ", which no address does here");
  const auto at = text_.rfind('@');
  if (const auto first = text_.find('@'); first < at && text_.find_first_of(",;", first) < at)
    throw PatternError(text, "is more than one address: name each by itself");
  if (text_.substr(0, at).find('*') != std::string::npos) {
    const std::string why = "has a * in an address, where it stands for nothing; ";
    throw PatternError(text, why + (at == 1 ? "write the domain alone" : "write a /regexp/"));
  }
  if (has_domain) domain_of(kind_, text, unescaped(std::string_view(text_).substr(at + 1)));
  key_ = key_of(kind_, KeyForm::whole, text_);
  if (key_.size() > kMaxKey) {
    throw PatternError(kind_, text,
                       "is too long for a list: an address may have " + std::to_string(kMaxKey - 2) +
                           " characters here, with four for each that is not printable ASCII");
  }
  specificity_ = is_sender ? (has_domain ? 920 : 490) : (has_domain ? 910 : 290);
  // What is entered for user@ matches user+extension@, too.
  const std::string_view local_part = std::string_view(text_).substr(0, at);
  if (user_of(local_part) != local_part) ++specificity_;
}

Pattern Pattern::parse(std::string_view word, std::string_view text) {
  constexpr std::array kKinds{PatternKind::host, PatternKind::sender, PatternKind::recipient};
  const auto* const kind =
      std::ranges::find(kKinds, word, [](PatternKind each) { return greylisting::word(each); });
  if (kind == kKinds.end()) throw PatternError(word, "is not client, sender or recipient");
  if (text.empty()) throw PatternError(*kind, text, "is empty");
  if (std::ranges::any_of(text, is_blank_or_control)) {
    if (*kind == PatternKind::host && !text.starts_with('/'))
      throw PatternError(*kind, text, "has a blank or a control character in it, which no client has");
    throw PatternError(
        text,
        std::string("has a blank or a control character in it, which is to be written as \\xNN (a blank: ") +
            (text.starts_with('/') ? "\\s)" : "\\x20)"));
  }

  Pattern pattern(*kind);
  if (text.starts_with('/')) {
    pattern.read_regexp(text);
    return pattern;
  }
  const std::string bytes = unescaped(text);
  if (bytes.find_first_of(std::string_view("\0\n", 2)) != std::string::npos)
    throw PatternError(*kind, text, "has a NUL or a line end in it, which no mail has");
  text = bytes;
  if (*kind == PatternKind::host && text == kNone) {
    pattern.read_no_name();
  } else if (*kind == PatternKind::host) {
    if (const auto network = listed_network(text)) {
      pattern.read_network(*network);
    } else if (const std::string plain = without_leading_zeros(text);
               plain != text && text.find(':') == std::string_view::npos && listed_network(plain)) {
      throw PatternError(
          text, "has a number that begins with 0, which some programs read as octal; write " + plain);
    } else if (text.find('@') != std::string_view::npos) {
      throw PatternError(*kind, text, "is an address: write sender or recipient in front of it");
    } else if (text.find_first_of(":/") != std::string_view::npos) {
      throw PatternError(*kind, text, "is not a network");
    } else {
      pattern.read_domain(text);
    }
  } else if (text.find('@') != std::string_view::npos || text.starts_with('<')) {
    pattern.read_address(text);
  } else {
    pattern.read_domain(text);
  }
  return pattern;
}

}  // namespace greylisting
