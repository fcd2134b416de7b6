// listed_network: the networks of clients as lists have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/network.h"

namespace greylisting {

/// A client without brackets, `[::1]`, `[::1]/128` or `[IPv6:::1]` as Postfix and mail addresses write it;
/// other text as it is.
std::string without_brackets(std::string_view text);

/// The network of a client as lists have it: an address or a network, in brackets, too (`[::1]`), with a mask
/// of dots (`192.0.2.0/255.255.255.0`), or by its first octets (`192.0.2`).
std::optional<Network> listed_network(std::string_view text);

/// The networks of a range: `192.0.2.5-192.0.2.20`, or `192.0.2-5.1-20`, octets or ranges of them as spamdyke
/// has them; nothing for any other text, which may be a name that begins as a range does. Throws
/// PatternError.
std::optional<std::vector<Network>> networks_of_range(std::string_view text);

/// No name ends in a number: what does is an address with something wrong, or with a dash a range.
bool ends_in_number(std::string_view name);

/// 192.000.002.001 as 192.0.2.1; itself where no number begins with a zero too many.
std::string without_leading_zeros(std::string_view text);

}  // namespace greylisting
