// own_domains: the domains of the recipients for whom this host takes mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace greylisting {

/// Those of control/rcpthosts, morercpthosts, locals and virtualdomains, as far as they can be read, sorted;
/// `.example.org` is of its subdomains alone.
std::vector<std::string> own_domains();

/// Whether a domain is one of these.
bool is_own(std::string_view domain, const std::vector<std::string>& own_domains);

}  // namespace greylisting
