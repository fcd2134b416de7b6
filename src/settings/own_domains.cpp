#include "settings/own_domains.h"

#include <algorithm>
#include <string_view>

#include "settings/control_file.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

void add_domains(std::vector<std::string>& domains, const std::string& file) {
  const std::string text = read_control_file(file, std::size_t{1} << 24U).text;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    // virtualdomains: [user@]domain:prepend
    const std::string domain = ascii::lower(trimmed(line.substr(0, line.find(':'))));
    if (!domain.empty() && !domain.starts_with('#') && domain.find('@') == std::string::npos)
      domains.push_back(domain);
  }
}

}  // namespace

std::vector<std::string> own_domains() {
  std::vector<std::string> domains;
  for (const char* const file :
       {"control/rcpthosts", "control/morercpthosts", "control/locals", "control/virtualdomains"})
    add_domains(domains, file);
  std::ranges::sort(domains);
  domains.erase(std::unique(domains.begin(), domains.end()), domains.end());
  return domains;
}

bool is_own(std::string_view domain, const std::vector<std::string>& own_domains) {
  return std::ranges::any_of(own_domains, [domain](const std::string& own) {
    return own.starts_with('.') ? domain.ends_with(own) : domain == own;
  });
}

}  // namespace greylisting
