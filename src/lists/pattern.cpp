#include "lists/pattern.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "lists/regexp.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting {
namespace {

constexpr std::size_t kMaxKey = 250;
constexpr std::size_t kMaxDomain = 253;  // RFC 1035, section 2.3.4, as text
constexpr std::size_t kMaxRegexp = 1000;
constexpr std::size_t kLongestShown = 100;  // of a text in a message
constexpr std::size_t kMaxNetworks = 1000;  // of a range

// A client without a name, the null sender.
constexpr std::string_view kNone = "<>";

// The second byte of a key.
constexpr char kAddress = '=';      // of a sender or recipient: an address or a local part
constexpr char kName = '=';         // of a client: this name alone
constexpr char kDomainAlone = '@';  // of a sender or recipient: this domain alone
constexpr char kDomain = '.';       // a domain and its subdomains
constexpr char kSubdomains = '*';   // a domain's subdomains

constexpr char first_of_key(PatternKind kind) {
  switch (kind) {
    case PatternKind::network:
      return 'n';
    case PatternKind::host:
      return 'h';
    case PatternKind::sender:
      return 's';
    case PatternKind::recipient:
      break;
  }
  return 'r';
}

constexpr char alone(PatternKind kind) { return kind == PatternKind::host ? kName : kDomainAlone; }

// The expression with each byte that is not printable as `\xNN`, which matches the same but after \Q.
std::string printable_regexp(std::string_view text) {
  std::string shown;
  bool is_escaped = false;
  for (const char c : text) {
    const bool is_graphic = c > 0x20 && c < 0x7f;
    if (!is_graphic && is_escaped) shown.pop_back();
    shown += is_graphic ? std::string(1, c) : printable({&c, 1});
    is_escaped = c == '\\' && !is_escaped;
  }
  return shown;
}

std::string_view allowed(PatternKind kind) {
  switch (kind) {
    case PatternKind::network:
    case PatternKind::host:
      return "a client is a network (192.0.2.0/24), a name (example.org) or a /regexp/";
    case PatternKind::sender:
      return "a sender is an address, a domain or a /regexp/";
    case PatternKind::recipient:
      break;
  }
  return "a recipient is an address, a domain or a /regexp/";
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw PatternError(in_quotes(text, kLongestShown).append(" ").append(why));
}

[[noreturn]] void refuse(PatternKind kind, std::string_view text, std::string_view why) {
  refuse(text, std::string(why).append("; ").append(allowed(kind)));
}

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_in_names(char c) {
  return ascii::is_lower(c) || ascii::is_digit(c) || c == '-' || c == '_' || c == '.';
}

// RFC 5321, section 4.1.3. The dots in it separate no labels.
bool is_address_literal(std::string_view domain) {
  return domain.size() > 2 && domain.starts_with('[') && domain.ends_with(']');
}

// 10   10.   195.235.39   10.1.*.*   and with a prefix that ends within these octets 10/8   192.0.2/24
std::optional<Network> network_of_first_octets(std::string_view text, std::optional<unsigned> prefix) {
  constexpr std::string_view kAny = ".*";
  int any = 0;
  for (; !prefix && text.ends_with(kAny); ++any) text.remove_suffix(kAny.size());
  if (any == 0 && text.ends_with('.')) text.remove_suffix(1);
  auto octets = std::ranges::count(text, '.') + 1;
  if (text.empty() || octets > 3 || octets + any > 4 ||
      !std::ranges::all_of(text, [](char c) { return c == '.' || ascii::is_digit(c); }))
    return std::nullopt;
  const auto said = static_cast<unsigned>(8 * octets);
  if (prefix && *prefix > said) return std::nullopt;
  std::string network(text);
  for (; octets < 4; ++octets) network += ".0";
  return Network::parse(network + '/' + std::to_string(prefix.value_or(said)));
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
    refuse(kind, text, "is not a domain name, which has letters, digits, '-', '_' and '.'");
  }
  if (domain.empty() || domain.starts_with('.') || domain.find("..") != std::string::npos)
    refuse(kind, text, "is not a domain name, because a label of it is empty");
  if (domain.size() > kMaxDomain)
    refuse(kind, text, "is longer than the " + std::to_string(kMaxDomain) + " characters of a domain name");
  return domain;
}

// No name ends in a number: what does is an address with something wrong, or with a dash a range.
bool ends_in_number(std::string_view name) {
  const auto dot = name.rfind('.');
  const std::string_view last = name.substr(dot == std::string_view::npos ? 0 : dot + 1);
  return !last.empty() && std::ranges::all_of(last, [](char c) { return ascii::is_digit(c) || c == '-'; });
}

// 192.0.2.0/255.255.255.0: the number of ones, with no zero before them; nothing for what is no such mask.
std::optional<unsigned> prefix_of_mask(std::string_view text) {
  const auto mask = text.find('.') == std::string_view::npos ? std::nullopt : IpAddress::parse(text);
  if (!mask || !mask->is_ipv4()) return std::nullopt;
  for (unsigned prefix = 0; prefix <= mask->bits(); ++prefix) {
    if (Network::of(*IpAddress::parse("255.255.255.255"), prefix).first() == *mask) return prefix;
  }
  return std::nullopt;
}

struct OctetRange {
  unsigned first = 0;
  unsigned last = 255;
};

// 192.0.2-5.1-20   192.0.2-5: octets or ranges of them, as spamdyke has them; empty for anything else.
std::vector<OctetRange> octet_ranges(std::string_view text) {
  std::vector<OctetRange> ranges;
  if (text.ends_with('.')) return {};
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('.'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const auto dash = std::min(part.find('-'), part.size());
    const auto first = number_of<unsigned>(part.substr(0, dash));
    const auto last = dash == part.size() ? first : number_of<unsigned>(part.substr(dash + 1));
    if (!first || !last || *first > *last || *last > 255 || ranges.size() == 4) return {};
    ranges.push_back({*first, *last});
  }
  return ranges;
}

// All networks of such ranges. What follows the last octet that is said is any.
std::vector<Network> networks_of(const std::vector<OctetRange>& ranges) {
  std::vector<std::string> begins{""};
  for (std::size_t i = 0; i + 1 < ranges.size(); ++i) {
    std::vector<std::string> longer;
    for (const std::string& begin : begins) {
      for (unsigned octet = ranges[i].first; octet <= ranges[i].last; ++octet)
        longer.push_back(begin + std::to_string(octet) + '.');
    }
    begins = std::move(longer);
    if (begins.size() > kMaxNetworks) return {};
  }
  std::vector<Network> networks;
  for (const std::string& begin : begins) {
    std::string first = begin + std::to_string(ranges.back().first);
    std::string last = begin + std::to_string(ranges.back().last);
    for (std::size_t i = ranges.size(); i < 4; ++i) {
      first += ".0";
      last += ".255";
    }
    std::ranges::move(networks_between(*IpAddress::parse(first), *IpAddress::parse(last)),
                      std::back_inserter(networks));
    if (networks.size() > kMaxNetworks) return {};
  }
  return networks;
}

// Whether `name` is `domain` or in it, as far as `reach` (the second byte of a key) goes.
bool reaches(char reach, std::string_view domain, std::string_view name) {
  if (name == domain) return reach != kSubdomains;
  return (reach == kDomain || reach == kSubdomains) && !is_address_literal(name) &&
         name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

// The local part without its extension (user+extension), which is not empty; itself without one.
std::string_view user_of(std::string_view local_part) {
  const auto plus = local_part.find('+');
  const bool is_extended = plus != std::string_view::npos && plus + 1 < local_part.size();
  return is_extended ? local_part.substr(0, plus) : local_part;
}

struct AddressParts {
  std::string_view local_part;
  std::string_view user;
  std::string_view domain;  // empty without one
};

AddressParts parts_of(const Address& address) {
  const std::string_view text = address.text();
  const std::string_view local_part = text.substr(0, text.rfind('@'));
  const std::string_view domain = local_part.size() == text.size() ? "" : address.domain();
  return {local_part, user_of(local_part), domain};
}

// Whether `pattern`, an address or user@ as `printable` makes it, is local_part@domain or local_part@.
bool is_address(std::string_view pattern, std::string_view local_part, std::string_view domain) {
  if (pattern.find('\\') != std::string_view::npos) {
    const std::string shown = printable(local_part) + '@';
    return pattern == shown || pattern == shown + printable(domain);
  }
  if (!pattern.starts_with(local_part)) return false;
  pattern.remove_prefix(local_part.size());
  return pattern.starts_with('@') && (pattern.size() == 1 || pattern.substr(1) == domain);
}

// A key is the sum of its parts, but for one that would be too long for a pattern to have it.
void add_key(std::vector<std::string>& keys, char first, char second, std::string_view a,
             std::string_view b = {}) {
  if (2 + a.size() + b.size() > kMaxKey) return;
  std::string& key = keys.emplace_back();
  key.reserve(2 + a.size() + b.size());
  key.append({first, second}).append(a).append(b);
}

void add_domain_keys(std::vector<std::string>& keys, PatternKind kind, std::string_view name) {
  if (name.empty()) return;
  // What is escaped has no dot, so that the domains of the printable form are the domains' printable forms.
  const std::string shown = printable(name);
  const char first = first_of_key(kind);
  add_key(keys, first, alone(kind), shown);
  add_key(keys, first, kDomain, shown);
  if (is_address_literal(name)) return;
  std::string_view domain = shown;
  for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.')) {
    domain.remove_prefix(dot + 1);
    add_key(keys, first, kDomain, domain);
    add_key(keys, first, kSubdomains, domain);
  }
}

void add_address_keys(std::vector<std::string>& keys, PatternKind kind, const Address& address) {
  const char first = first_of_key(kind);
  if (address.text().empty()) {
    if (kind == PatternKind::sender) add_key(keys, first, kAddress, {});
    return;
  }
  const auto [local_part, user, domain] = parts_of(address);
  const std::string at_domain = '@' + printable(domain);
  for (const std::string_view part : {local_part, user}) {
    if (part.empty()) continue;
    const std::string shown = printable(part);
    if (!domain.empty()) add_key(keys, first, kAddress, shown, at_domain);
    add_key(keys, first, kAddress, shown, "@");
    if (user == local_part) break;
  }
  add_domain_keys(keys, kind, domain);
}

}  // namespace

std::string without_brackets(std::string_view text) {
  const auto end = text.rfind(']');
  if (!text.starts_with('[') || end == std::string_view::npos) return std::string(text);
  const std::string_view behind = text.substr(end + 1);
  std::string_view inside = text.substr(1, end - 1);
  if (ascii::lower(inside.substr(0, 5)) == "ipv6:") inside.remove_prefix(5);
  if (!IpAddress::parse(inside.substr(0, inside.find('/'))) || (!behind.empty() && behind[0] != '/'))
    return std::string(text);
  return std::string(inside).append(behind);
}

std::optional<Network> listed_network(std::string_view text) {
  const std::string plain = without_brackets(text);
  if (plain.find(':') != std::string::npos) return Network::parse(plain);
  const auto slash = plain.find('/');
  if (slash == std::string::npos) {
    const auto network = network_of_first_octets(plain, std::nullopt);
    return network ? network : Network::parse(plain);
  }
  const std::string address = plain.substr(0, slash);
  const std::string_view size = std::string_view(plain).substr(slash + 1);
  const auto mask = prefix_of_mask(size);
  const auto prefix = mask ? mask : number_of<unsigned>(size);
  if (!prefix) return std::nullopt;
  const auto network = network_of_first_octets(address, prefix);
  return network ? network : Network::parse(address + '/' + std::to_string(*prefix));
}

std::string_view word(PatternKind kind) {
  switch (kind) {
    case PatternKind::network:
    case PatternKind::host:
      return "client";
    case PatternKind::sender:
      return "sender";
    case PatternKind::recipient:
      break;
  }
  return "recipient";
}

unsigned specificity_of_domain(PatternKind kind, std::string_view domain, bool is_exact) {
  const auto dots = is_address_literal(domain) ? 0 : std::ranges::count(domain, '.');
  const unsigned names = 2 * static_cast<unsigned>(dots + 1) + (is_exact ? 1 : 0);
  switch (kind) {
    case PatternKind::network:
    case PatternKind::host:
      return 500 + std::min(names, 90U);
    case PatternKind::sender:
      return 400 + std::min(names, 80U);
    case PatternKind::recipient:
      break;
  }
  return 200 + std::min(names, 80U);
}

void Pattern::read_regexp(std::string_view text) {
  if (text.size() < 3 || !text.ends_with('/')) {
    refuse(kind_, text,
           "begins as a regular expression and does not end as one: it stands between two slashes, is not "
           "empty, and has \\s for a blank");
  }
  const std::string shown = printable_regexp(text);
  if (shown != text && text.find("\\Q") != std::string_view::npos)
    refuse(text, R"(has \Q in it and characters outside ASCII: write these as \xNN, and not after \Q)");
  if (shown.size() > kMaxRegexp) {
    refuse(text, "is longer than the " + std::to_string(kMaxRegexp) +
                     " characters of a regular expression; make two of it");
  }
  try {
    regexp_ = std::make_shared<const Regexp>(text.substr(1, text.size() - 2));
  } catch (const RegexpError& error) {
    refuse(text, std::string("is not a regular expression: ") + error.what());
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
  key_.assign(1, first_of_key(kind_)).append(first.bytes());
  specificity_ = 700 + network.prefix();
}

void Pattern::read_no_name() {
  text_ = kNone;
  key_ = {first_of_key(kind_), kName};
  specificity_ = specificity_of_domain(kind_, {}, true);
}

void Pattern::read_domain(std::string_view text) {
  char reach = kDomain;
  std::string_view prefix;
  if (text.starts_with('=')) {
    reach = alone(kind_);
    prefix = text.substr(0, 1);
  } else if (text.starts_with("*.")) {
    reach = kSubdomains;
    prefix = text.substr(0, 2);
  }
  const std::string domain = domain_of(kind_, text, text.substr(prefix.size()));
  if (kind_ != PatternKind::host && IpAddress::parse(domain))
    refuse(kind_, text, "is the address of a client; a mail domain that is one stands between [ and ]");
  if (kind_ == PatternKind::host && ends_in_number(domain))
    refuse(kind_, text, "is not a network, and no name ends in a number");
  if (reach == kSubdomains && is_address_literal(domain))
    refuse(kind_, text, "means nothing, because an address has no subdomains");
  text_.append(prefix).append(domain);
  key_.append({first_of_key(kind_), reach}).append(domain);
  if (key_.size() > kMaxKey) {
    refuse(kind_, text,
           "is too long for a list: a domain may have " + std::to_string(kMaxKey - 2) + " characters here");
  }
  specificity_ = specificity_of_domain(kind_, domain, reach == alone(kind_));
}

void Pattern::read_address(std::string_view text) {
  const bool is_sender = kind_ == PatternKind::sender;
  key_ = {first_of_key(kind_), kAddress};
  if (is_sender && text == kNone) {
    text_ = text;
    specificity_ = 920;
    return;
  }
  const bool has_domain = !text.ends_with('@');
  text_ = printable((is_sender ? Address::sender(text) : Address::recipient(text)).text());
  if (text_.starts_with('@')) {
    const std::string domain = text_.substr(1, kLongestShown);
    if (domain.empty()) refuse(kind_, text, "has neither a user nor a domain");
    refuse(text, "has nothing in front of the @: write " + domain +
                     " for this domain and its subdomains, =" + domain + " for it alone");
  }
  if (text_.starts_with('<')) refuse(text, "is to be written without < and >");
  if (text_.starts_with('/') || text_.starts_with('='))
    refuse(kind_, text, std::string("begins with ") + text_[0] + ", which no address does here");
  const auto at = text_.rfind('@');
  if (text_.substr(0, at).find('*') != std::string::npos) {
    const std::string why = "has a * in an address, where it stands for nothing; ";
    refuse(text, why + (at == 1 ? "write the domain alone" : "write a /regexp/"));
  }
  if (has_domain) domain_of(kind_, text, unescaped(std::string_view(text_).substr(at + 1)));
  key_ += text_;
  if (key_.size() > kMaxKey) {
    refuse(kind_, text,
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
  if (kind == kKinds.end()) refuse(word, "is not client, sender or recipient");
  if (text.empty()) refuse(*kind, text, "is empty");
  if (std::ranges::any_of(text, is_blank_or_control)) {
    refuse(text, std::string(
                     "has a blank or a control character in it, which is to be written as \\xNN (a blank: ") +
                     (text.starts_with('/') ? "\\s)" : "\\x20)"));
  }

  Pattern pattern(*kind);
  if (text.starts_with('/')) {
    pattern.read_regexp(text);
    return pattern;
  }
  const std::string bytes = unescaped(text);
  if (bytes.find_first_of(std::string_view("\0\n", 2)) != std::string::npos)
    refuse(*kind, text, "has a NUL or a line end in it, which no mail has");
  text = bytes;
  if (*kind == PatternKind::host && text == kNone) {
    pattern.read_no_name();
  } else if (*kind == PatternKind::host) {
    if (const auto network = listed_network(text)) {
      pattern.read_network(*network);
    } else if (text.find('@') != std::string_view::npos) {
      refuse(*kind, text, "is an address: write sender or recipient in front of it");
    } else if (text.find_first_of(":/") != std::string_view::npos) {
      refuse(*kind, text, "is not a network");
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

namespace {

std::vector<Pattern> patterns_of_networks(const std::vector<Network>& networks) {
  std::vector<Pattern> patterns;
  patterns.reserve(networks.size());
  for (const Network& network : networks)
    patterns.push_back(Pattern::parse(word(PatternKind::network), network.text()));
  return patterns;
}

}  // namespace

std::vector<Pattern> patterns_of(std::string_view word, std::string_view text) {
  const auto dash = text.find('-');
  if (word != greylisting::word(PatternKind::network) || dash == std::string_view::npos)
    return {Pattern::parse(word, text)};
  if (const auto ranges = octet_ranges(text); ranges.size() > 1) {
    const auto networks = networks_of(ranges);
    if (networks.empty()) {
      refuse(text, "is more than " + std::to_string(kMaxNetworks) +
                       " networks; name those that it is made of, or a wider one");
    }
    return patterns_of_networks(networks);
  }
  const auto first = IpAddress::parse(without_brackets(text.substr(0, dash)));
  if (!first) return {Pattern::parse(word, text)};
  const std::string_view rest = text.substr(dash + 1);
  const auto last = IpAddress::parse(without_brackets(rest));
  // As many providers have it: 192.0.2.7-static.example.net.
  const bool is_name = !last && rest.find(':') == std::string_view::npos && !ends_in_number(rest);
  if (is_name) return {Pattern::parse(word, text)};
  const auto networks = last ? networks_between(*first, *last) : std::vector<Network>();
  if (networks.empty())
    refuse(PatternKind::network, text, "is not a range of addresses, the first one first");
  return patterns_of_networks(networks);
}

bool Pattern::matches_address(const Address& address) const {
  if (regexp_) return regexp_->matches(address.text());
  if (key_.size() == 2) return address.text().empty();
  const auto [local_part, user, domain] = parts_of(address);
  if (key_[1] != kAddress) return reaches(key_[1], std::string_view(key_).substr(2), domain);
  return is_address(text_, local_part, domain) || is_address(text_, user, domain);
}

bool Pattern::matches(const Subjects& subjects) const {
  if (kind_ == PatternKind::network) return network_->contains(subjects.client);
  if (kind_ == PatternKind::host) {
    const std::string& name = subjects.client_name;
    if (!regexp_) return reaches(key_[1], std::string_view(key_).substr(2), name);
    return (!name.empty() && regexp_->matches(name)) || regexp_->matches(subjects.client.text());
  }

  if (!subjects.has_envelope) return false;
  if (kind_ == PatternKind::recipient) return matches_address(subjects.recipient);
  return matches_address(subjects.sender) || (subjects.original && matches_address(*subjects.original));
}

std::vector<std::string> keys_of(const Subjects& subjects) {
  std::vector<std::string> keys;
  keys.reserve(64);
  for (const IpAddress& first : first_addresses_around(subjects.client))
    keys.emplace_back(1, first_of_key(PatternKind::network)).append(first.bytes());
  if (subjects.client_name.empty()) {
    add_key(keys, first_of_key(PatternKind::host), kName, {});
  } else {
    add_domain_keys(keys, PatternKind::host, subjects.client_name);
  }
  if (!subjects.has_envelope) return keys;
  add_address_keys(keys, PatternKind::sender, subjects.sender);
  if (subjects.original) {
    std::vector<std::string> more;
    add_address_keys(more, PatternKind::sender, *subjects.original);
    std::erase_if(more,
                  [&keys](const std::string& key) { return std::ranges::find(keys, key) != keys.end(); });
    keys.insert(keys.end(), more.begin(), more.end());
  }
  add_address_keys(keys, PatternKind::recipient, subjects.recipient);
  return keys;
}

}  // namespace greylisting
