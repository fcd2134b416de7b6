#include "ctl.h"

namespace greylisting::test {

Command ctl_command(const Installation& installation, const Arguments& arguments, const std::string& input,
                    const Arguments& before) {
  Command command{.arguments = before, .directory = "/", .input = input};
  command.arguments.insert(command.arguments.end(), {built("greylistctl"), "--home", installation.home()});
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

Result ctl(const Installation& installation, const Arguments& arguments, const std::string& input,
           const Arguments& before) {
  return run(ctl_command(installation, arguments, input, before));
}

}  // namespace greylisting::test
