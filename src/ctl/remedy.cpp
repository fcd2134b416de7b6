#include "ctl/remedy.h"

namespace greylisting::ctl {

std::string remedy_for(Reason reason, const std::string& entry, const std::string& client,
                       const std::string& network, const Settings& settings) {
  const bool is_stored = entry.starts_with("entries/") || entry.starts_with("lists/");
  switch (reason) {
    case Reason::trapped:
      return "greylistctl remove trapped " + network;
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
