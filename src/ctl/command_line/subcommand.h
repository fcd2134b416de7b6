// subcommand: what greylistctl can be told to do, and how its words become a function to run.
#pragma once

#include <functional>
#include <span>

#include "settings/settings.h"

namespace CLI {
class App;
}

namespace greylisting::ctl {

/// What is to be done; returns the exit status.
using Run = std::function<int(const LoadedSettings&)>;

struct Subcommand {
  const char* name;
  const char* description;
  const char* footer;                     // of its --help: what else there is to know, and examples
  Run (*add_options)(CLI::App& command);  // adds what it takes to the command line
};

/// What shows how things are.
std::span<const Subcommand> looking_subcommands();
/// What changes and lists entries.
std::span<const Subcommand> entry_subcommands();
/// What changes records, and the store that they are in.
std::span<const Subcommand> record_subcommands();

}  // namespace greylisting::ctl
