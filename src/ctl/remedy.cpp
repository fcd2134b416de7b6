#include "ctl/remedy.h"

#include "ctl/print/typed_command.h"

namespace greylisting::ctl {

std::string remedy_for(Reason reason, const std::string& entry, const std::string& client,
                       const std::string& network, const Settings& settings) {
  const bool is_stored = entry.starts_with("entries/") || entry.starts_with("lists/");
  switch (reason) {
    case Reason::trapped:
      return TypedCommand("remove").with({"trapped", network});
    case Reason::denied:
    case Reason::trap:
      if (is_stored) return "greylistctl remove " + entry;
      if (reason == Reason::trap)
        return TypedCommand("allow").with({client}) + "  # " + entry + "=1 traps who comes here first";
      return "take out " + (entry == "GREYLISTING" ? "the text of GREYLISTING in the tcprule" : entry);
    case Reason::too_many:
      return "raise max_recipients (" + std::to_string(settings.max_recipients) + ')';
    default:
      return "";
  }
}

}  // namespace greylisting::ctl
