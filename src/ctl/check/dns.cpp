#include "ctl/check/dns.h"

#include <exception>
#include <string>

#include "process/dns.h"

namespace greylisting::ctl {

Finding examine_dns(const Settings& settings) {
  // As long as a decision would wait. Any answer will do, that there is no such name as well.
  const auto patience = settings.timeout / 2;
  const std::string whom = settings.dns_server.empty() ? "/etc/resolv.conf" : settings.dns_server;
  try {
    Dns dns(settings.dns_server, Dns::Clock::now() + patience);
    if (dns.ask("example.com", DnsType::a).status != DnsAnswer::Status::failed)
      return good("DNS: " + whom + " answers, so SPF can be checked");
  } catch (const std::exception& error) {
    return problem(error.what(), "");
  }
  return warning("DNS: no answer within " + std::to_string(patience.count()) + " ms from " + whom +
                     ", so no SPF check succeeds, and a provider's mail waits at each of its networks",
                 "set dns_server to a server that answers, or spf=host");
}

}  // namespace greylisting::ctl
