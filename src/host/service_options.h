// service_options: the command line of the programs that are started for a connection.
#pragma once

#include <optional>
#include <string>

#include "settings/home.h"

namespace greylisting {

struct ServiceOptions {
  std::string home = default_home();
  char** rest = nullptr;  // the first word that is no option, with those after it; null where there is none
  std::optional<int> status{};  // what to end with at once; what there is to say has been said
};

/// Takes --home, --help and --version. `has_rest`: another program follows, with options of its own; without
/// it no word may. Where that is not so, and for another option, `usage` goes to standard error.
ServiceOptions read_service_options(int argc, char** argv, const char* program, const char* usage,
                                    bool has_rest);

}  // namespace greylisting
