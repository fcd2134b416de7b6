#include <iostream>
#include <string>

#include "ctl/commands.h"
#include "ctl/print/figure_words.h"
#include "ctl/records/new_keys.h"
#include "store/administration.h"

namespace greylisting::ctl {

int migrate(const LoadedSettings& loaded) {
  const auto administration = open_administration(loaded.settings);
  auto done = administration->migrate();
  if (const auto count = give_new_keys(*administration, loaded.settings); count > 0)
    done.push_back("Gave " + counted(count, "record") +
                   " a key that stays the same for all messages of a sender.");
  for (const std::string& step : done) std::cout << step << '\n';
  if (done.empty()) std::cout << "The schema is that of this version already; nothing was done.\n";
  return kDone;
}

}  // namespace greylisting::ctl
