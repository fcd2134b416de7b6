// breadth: patterns that match more than anybody can mean.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lists/pattern.h"
#include "mail/network.h"

namespace greylisting::ctl {

/// What the pattern matches when that is too much: `every sender`, `a whole top-level domain, .com`, `a
/// network wider than any that one holder has`; nothing when it is not. Of a regular expression it is found
/// out by names and addresses that have nothing in common.
std::optional<std::string> breadth_of(const Pattern& pattern);

/// The same of networks that are meant at once, each address counted once; nothing when they are not too wide
/// in all. Networks that nobody holds are left out: private ones, loopback, multicast, 0.0.0.0/8.
std::optional<std::string> breadth_of(std::vector<Network> networks);

/// `every IPv4 client` or `every IPv6 client` where the networks together are all of the family's addresses
/// on the Internet, private ones and the like left out; empty where one is missing.
std::string all_of_internet(std::vector<Network> networks, bool is_ipv4);

/// `every address of example.org, for which this host takes mail`
std::string all_addresses_of(const std::string& domain);

/// A domain that one of the own domains (own_domains.h) stands for: `host.example.org` for `.example.org`,
/// otherwise itself.
std::string one_of(const std::string& own_domain);

/// Whether the pattern of recipients matches every address of that domain.
bool is_all_of(const Pattern& pattern, const std::string& domain);

/// That of the domains (own_domains.h) of which it matches every address; empty for none.
std::string all_of_own_domain(const Pattern& pattern, const std::vector<std::string>& domains);

}  // namespace greylisting::ctl
