#include "ctl/remedy.h"

#include "mail/network.h"

namespace greylisting::ctl {

std::string network_of_client(const std::string& client, const Settings& settings) {
  const auto address = IpAddress::parse(client);
  if (!address) return "";
  const auto prefix = address->is_ipv4() ? settings.ipv4_prefix : settings.ipv6_prefix;
  return Network::of(*address, static_cast<unsigned>(prefix)).text();
}

std::string remedy_for(Reason reason, const std::string& entry, const std::string& client,
                       const Settings& settings) {
  const bool is_stored = entry.starts_with("entries/") || entry.starts_with("lists/");
  switch (reason) {
    case Reason::trapped:
      return "greylistctl remove trapped " + network_of_client(client, settings);
    case Reason::denied:
    case Reason::trap:
      if (is_stored) return "greylistctl remove " + entry;
      if (reason == Reason::trap)
        return "greylistctl allow " + client + "  # " + entry + "=1 traps who comes here first";
      return "take out " + (entry == "GREYLISTING" ? "the text of GREYLISTING in the tcprule" : entry);
    case Reason::too_many:
      return "raise max_recipients (" + std::to_string(settings.max_recipients) + ')';
    default:
      return "";
  }
}

}  // namespace greylisting::ctl
