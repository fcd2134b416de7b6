#include "ctl/remedy.h"

#include "ctl/lists/entry_table.h"
#include "ctl/print/typed_command.h"

namespace greylisting::ctl {

std::string remedy_for(Reason reason, const std::string& entry, const std::string& client,
                       const std::string& network, const Settings& settings) {
  switch (reason) {
    case Reason::trapped:
      return TypedCommand("remove").with({"trapped", network});
    case Reason::denied:
    case Reason::trap:
      if (is_id_of_stored(entry)) return "greylistctl remove " + entry;
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
