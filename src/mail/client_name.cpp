#include "mail/client_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting {
namespace {

// The tables are sorted, for a binary search.

// Words for a kind of line, for those who rent it, or for an address that nobody named.
constexpr std::array<std::string_view, 56> kLineWords{
    {"abo",      "addr",      "adsl",     "adsld",   "bbcust",  "bredband",   "broadband", "cabel",
     "cable",    "cablep",    "catv",     "cbl",     "cidr",    "client",     "cpe",       "cust",
     "customer", "customers", "custs",    "dclient", "dhcp",    "dia",        "diain",     "dial",
     "dialin",   "dialip",    "dialup",   "diaup",   "dip",     "dipool",     "dsl",       "dsld",
     "dup",      "dyn",       "dyna",     "dynadsl", "dynamic", "dynip",      "ftth",      "gpon",
     "gprs",     "hkcable",   "hkcablep", "home",    "modem",   "modemcable", "pool",      "ppp",
     "pppoe",    "ptr",       "rev",      "sdsl",    "sdsld",   "static",     "user",      "vdsl"}};

// What can stand before an octet of the address: c14, host14, ip14.
constexpr std::array<std::string_view, 11> kOctetWords{
    {"c", "cm", "gv", "h", "host", "ip", "m", "p", "pa", "pc", "pu"}};

// Words for what a host does that no home line does, mail above all.
constexpr std::array<std::string_view, 69> kServerWords{
    {"apache",      "bounce",       "bulk",       "bulkmail",   "bulkmailer", "deadmail",  "deadmailer",
     "delay",       "dns",          "email",      "emailagent", "emailer",    "emailhost", "emailhub",
     "emailscan",   "emailscanner", "external",   "extranet",   "filter",     "firewall",  "forward",
     "gateway",     "gw",           "list",       "liste",      "listes",     "lists",     "mail",
     "mailagent",   "mailer",       "mailgw",     "mailhost",   "mailhub",    "mailrelay", "mailscan",
     "mailscanner", "massmail",     "massmailer", "messagerie", "mlist",      "mliste",    "mlistes",
     "mlists",      "mout",         "mta",        "mx",         "ns",         "out",       "outbound",
     "pop",         "postfix",      "proxy",      "qmail",      "qmailer",    "relais",    "relay",
     "sendmail",    "sendmailer",   "server",     "serveur",    "smarthost",  "smtp",      "vmx",
     "vsmtp",       "web",          "wmail",      "wmailer",    "wproxy",     "www"}};

// What can follow such a word: mailgate, smtpout.
constexpr std::array<std::string_view, 6> kServerSuffixes{{"gate", "mail", "mx", "out", "pool", "server"}};

// Domains that are registered for mail, or for hosts that customers rent, and name their hosts by the address
// or by a word of lines.
constexpr std::array<std::string_view, 6> kHostDomains{
    {"126.com", "163.com", "home.net.pl", "home.pl", "sendgrid.net", "yeah.net"}};

static_assert(std::ranges::is_sorted(kHostDomains) && std::ranges::is_sorted(kLineWords) &&
              std::ranges::is_sorted(kOctetWords) && std::ranges::is_sorted(kServerWords));

constexpr std::string_view kSeparators = "._-";
constexpr std::string_view kDigits = "0123456789";

// The name without its last two labels, `host.example.` of `host.example.org`; the whole name when it has no
// more than two. What a domain calls itself says nothing about its hosts.
std::string_view host_part(std::string_view name) {
  const auto last = name.rfind('.');
  const auto second = last == std::string_view::npos || last == 0 ? last : name.rfind('.', last - 1);
  return second == std::string_view::npos ? name : name.substr(0, second + 1);
}

// What was registered: example.org, example.co.uk.
std::string_view registered_domain(std::string_view name) {
  constexpr std::size_t kLongestSecondLevel = 3;  // co, com, net
  std::size_t begin = name.size();
  for (int labels = 1; begin != 0; ++labels) {
    const auto dot = name.rfind('.', begin - 1);
    const std::string_view label =
        name.substr(dot == std::string_view::npos ? 0 : dot + 1, begin - (dot + 1));
    const bool is_second_level =
        labels == 2 && name.size() - begin == 3 && label.size() <= kLongestSecondLevel;
    begin = dot == std::string_view::npos ? 0 : dot;
    if (labels >= 2 && !is_second_level) break;
  }
  return name.substr(begin == 0 ? 0 : begin + 1);
}

// Whoever has mail in the name of a domain sends it: mailgun.net. Others are known.
bool is_of_mail_service(std::string_view name) {
  const std::string_view domain = registered_domain(name);
  return domain.size() < name.size() &&
         (domain.substr(0, domain.find('.')).find("mail") != std::string_view::npos ||
          std::ranges::binary_search(kHostDomains, domain));
}

// A word of a server, with or without a suffix and a number: mx, smtpout12.
bool is_server_word(std::string_view part) {
  part = part.substr(0, part.find_last_not_of(kDigits) + 1);
  if (std::ranges::binary_search(kServerWords, part)) return true;
  return std::ranges::any_of(kServerSuffixes, [part](std::string_view suffix) {
    return part.ends_with(suffix) &&
           std::ranges::binary_search(kServerWords, part.substr(0, part.size() - suffix.size()));
  });
}

// Whether a part of the name between separators is such a word. What no separator follows is the top-level
// domain: Mexico's is no mail exchanger.
bool names_server(std::string_view name) {
  for (auto end = name.find_first_of(kSeparators); end != std::string_view::npos;
       end = name.find_first_of(kSeparators)) {
    if (is_server_word(name.substr(0, end))) return true;
    name.remove_prefix(end + 1);
  }
  return false;
}

enum class Kind { word, number, separator };

// A stretch of the name, as long as it can be, of one kind.
struct Stretch {
  Kind kind;
  std::string_view text;
};

Kind kind_of(char c) {
  if (kDigits.find(c) != std::string_view::npos) return Kind::number;
  return kSeparators.find(c) != std::string_view::npos ? Kind::separator : Kind::word;
}

// An x that follows no letter separates, too: dsl-12x34x56x78.
std::vector<Stretch> stretches_of(std::string_view name) {
  std::vector<Stretch> stretches;
  while (!name.empty()) {
    const Kind kind = kind_of(name.front());
    const auto* const end = std::ranges::find_if(name, [kind](char c) { return kind_of(c) != kind; });
    std::string_view text = name.substr(0, static_cast<std::size_t>(end - name.begin()));
    name.remove_prefix(text.size());
    if (kind == Kind::word && text.front() == 'x') {
      stretches.push_back({Kind::separator, text.substr(0, 1)});
      text.remove_prefix(1);
    }
    if (!text.empty()) stretches.push_back({kind, text});
  }
  return stretches;
}

// Whether one of the words stands in the name, other than as its end.
bool names_line(std::span<const Stretch> stretches) {
  return std::ranges::any_of(stretches.first(stretches.size() - 1), [](const Stretch& stretch) {
    return std::ranges::binary_search(kLineWords, stretch.text);
  });
}

// One octet of an IPv4 address as names have it.
struct Octet {
  std::string plain;   // 7
  std::string padded;  // 007

  explicit Octet(char octet) : plain(std::to_string(static_cast<unsigned char>(octet))), padded(plain) {
    padded.insert(0, 3 - padded.size(), '0');
  }

  bool is(const Stretch& stretch) const {
    const std::string_view number = stretch.text;
    return stretch.kind == Kind::number &&
           number.substr(std::min(number.find_first_not_of('0'), number.size() - 1)) == plain;
  }
};

// What of an address is in a name, if anything.
class OctetFinder {
 public:
  explicit OctetFinder(std::string_view bytes)
      : octets_{Octet(bytes[0]), Octet(bytes[1]), Octet(bytes[2]), Octet(bytes[3])} {
    std::string plain;
    std::string padded;
    std::string plain_reversed;
    std::string padded_reversed;
    for (const Octet& octet : octets_) {
      plain += octet.plain;
      padded += octet.padded;
      plain_reversed.insert(0, octet.plain);
      padded_reversed.insert(0, octet.padded);
    }
    addresses_ = {padded, padded_reversed};
    if (plain.size() >= kTelling) addresses_.insert(addresses_.end(), {plain, plain_reversed});
  }

  bool finds_in(std::span<const Stretch> stretches) const {
    for (; !stretches.empty(); stretches = stretches.subspan(1)) {
      if (begins_with_octets(stretches) || is_address(stretches.front())) return true;
    }
    return false;
  }

  // The last octet at the name's start, after a word for it, or beside the third; or the last two without a
  // separator; with a separator after them. Hosts are numbered, too: srv-14, exch-04.
  bool finds_last_in(std::span<const Stretch> stretches) const {
    for (std::size_t i = 0; i + 1 < stretches.size(); ++i) {
      if (stretches[i + 1].kind != Kind::separator || stretches[i + 1].text == "x") continue;
      if (octets_[3].is(stretches[i]) && (i == 0 || is_octet(stretches, i))) return true;
      if (stretches[i].kind == Kind::number && ends_with_last_two(stretches[i].text)) return true;
    }
    return false;
  }

 private:
  // So many digits are hardly in a name, or at a number's end, by chance.
  static constexpr std::size_t kTelling = 7;
  static constexpr std::size_t kTellingEnd = 4;

  static bool is_octet_word(const Stretch& stretch) {
    return stretch.kind == Kind::word && std::ranges::binary_search(kOctetWords, stretch.text);
  }

  // The number there, which is the last octet.
  bool is_octet(std::span<const Stretch> stretches, std::size_t i) const {
    if (is_octet_word(stretches[i - 1])) return true;
    const bool is_apart = stretches[i - 1].kind == Kind::separator;
    const bool follows =
        is_apart && i >= 2 && (is_octet_word(stretches[i - 2]) || octets_[2].is(stretches[i - 2]));
    return follows || (is_apart && i + 2 < stretches.size() && octets_[2].is(stretches[i + 2]));
  }

  bool begins_with_octets(std::span<const Stretch> stretches) const {
    if (stretches.size() < 5 || stretches[1].kind != Kind::separator ||
        stretches[3].kind != Kind::separator || !octets_[2].is(stretches[2])) {
      return false;
    }
    return (octets_[1].is(stretches[0]) && octets_[3].is(stretches[4])) ||
           (octets_[3].is(stretches[0]) && octets_[1].is(stretches[4]));
  }

  bool is_address(const Stretch& stretch) const {
    return std::ranges::any_of(addresses_, [&stretch](const std::string& address) {
      return stretch.text.find(address) != std::string_view::npos;
    });
  }

  bool ends_with_last_two(std::string_view number) const {
    const std::string& third = octets_[2].plain;
    const auto ends_with_both = [&](const std::string& last) {
      return third.size() + last.size() >= kTellingEnd && number.ends_with(last) &&
             number.substr(0, number.size() - last.size()).ends_with(third);
    };
    return ends_with_both(octets_[3].plain) || ends_with_both(octets_[3].padded);
  }

  std::array<Octet, 4> octets_;
  std::vector<std::string> addresses_;  // the whole address as one number
};

// Whether the address is in the name in hexadecimal: all of it, for IPv6 also its digits in reverse, its last
// 64 bits, or its usual text form.
bool names_hexadecimal(std::string_view name, const IpAddress& client) {
  std::string digits;
  std::ranges::copy_if(name, std::back_inserter(digits),
                       [](char c) { return kSeparators.find(c) == std::string_view::npos; });
  const auto has = [&digits](std::string_view wanted) { return digits.find(wanted) != std::string::npos; };

  const std::string address = hexadecimal(client.bytes());
  if (client.is_ipv4()) return has(address);
  if (has(std::string_view(address).substr(16)) || has(std::string(address.rbegin(), address.rend())))
    return true;
  std::string text = client.text();
  std::ranges::replace(text, ':', '-');
  return name.find(text) != std::string_view::npos;
}

// SendGrid calls a host whose name its customer has not set o1.ptr2625.example.com.
bool names_sendgrid(std::span<const Stretch> stretches) {
  return stretches.size() > 5 && stretches[0].text == "o" && stretches[1].kind == Kind::number &&
         stretches[3].text == "ptr" && stretches[4].kind == Kind::number;
}

// Shaw names a line after its modem: S0106, the modem's MAC address, a town.
bool names_modem(std::string_view name) {
  return name.starts_with("s0106") && name.find_first_of(kSeparators) >= 17;
}

}  // namespace

std::string normal_client_name(std::string_view name) {
  return ascii::lower(name.substr(0, name.find_last_not_of('.') + 1));
}

bool looks_dynamic(std::string_view client_name, const IpAddress& client) {
  const std::string name = normal_client_name(client_name);
  if (name.empty() || names_server(host_part(name)) || is_of_mail_service(name)) return false;

  const std::vector<Stretch> stretches = stretches_of(name);
  if (names_sendgrid(stretches)) return false;
  if (names_line(stretches) || names_modem(name) || names_hexadecimal(name, client)) return true;
  if (!client.is_ipv4()) return false;
  const OctetFinder octets(client.bytes());
  return octets.finds_in(stretches) || octets.finds_last_in(stretches);
}

}  // namespace greylisting
