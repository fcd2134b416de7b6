#include <iostream>
#include <string>

#include "ctl/commands.h"
#include "store/administration.h"

namespace greylisting::ctl {

int migrate(const LoadedSettings& loaded) {
  const auto done = open_administration(loaded.settings)->migrate();
  for (const std::string& step : done) std::cout << step << '\n';
  if (done.empty()) std::cout << "The schema is that of this version already; nothing was done.\n";
  return kDone;
}

}  // namespace greylisting::ctl
