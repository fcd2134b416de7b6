// command_line: what was typed after greylistctl's name, or what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "ctl/command_line/subcommand.h"

namespace greylisting::ctl {

struct CommandLine {
  std::string home;
  std::string subcommand;
  Run run{};
  std::optional<int> status{};  // what to end with at once; what there is to say has been said
};

/// What is wrong goes to standard error in one line, which ends with what to try.
CommandLine read_command_line(int argc, char** argv);

/// Where to read on: "; try 'greylistctl allow --help'". Of no subcommand when `subcommand` is empty.
std::string try_help(const std::string& subcommand);

}  // namespace greylisting::ctl
