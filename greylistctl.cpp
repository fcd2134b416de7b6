// greylistctl: the administrator's tool. greylistctl(8) tells what each subcommand is for; its options and
// its file are found by its name in src/ctl/.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "ctl/command_line/command_line.h"
#include "ctl/commands.h"
#include "process/process.h"
#include "settings/home.h"
#include "settings/settings.h"

using namespace greylisting;

namespace {

int say(const std::string& text, int status) {
  static_cast<void>(std::fprintf(stderr, "greylistctl: %s\n", text.c_str()));
  return status;
}

int run(const ctl::CommandLine& command_line) {
  go_home(command_line.home);
  const LoadedSettings loaded = load_settings(std::getenv);
  if (command_line.subcommand != "check") {  // which prints them itself
    for (const Problem& problem : loaded.problems) std::cerr << "greylistctl: " << problem << '\n';
    for (const Problem& warning : loaded.warnings) std::cerr << "greylistctl: " << warning << '\n';
    if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);
  }
  return command_line.run(loaded);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  try {
    const ctl::CommandLine command_line = ctl::read_command_line(argc, argv);
    int status = ctl::kDone;
    try {
      status = command_line.status ? *command_line.status : run(command_line);
    } catch (const ctl::WantsYes& error) {
      return say(error.what(), ctl::kUsage);
    } catch (const ctl::UsageError& error) {
      // One of several lines has what is to be typed.
      const std::string what = error.what();
      const bool has_lines = what.find('\n') != std::string::npos;
      return say(has_lines ? what : what + ctl::try_help(command_line.subcommand), ctl::kUsage);
    }
    std::cout.flush();
    if (std::cout) return status;
    return say(
        "standard output cannot be written, so that not all was printed; make room on its disk, or have it "
        "go "
        "elsewhere",
        ctl::kFailed);
  } catch (const std::exception& error) {
    return say(error.what(), ctl::kFailed);
  }
}
