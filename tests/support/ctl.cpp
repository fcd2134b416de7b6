#include "ctl.h"

namespace greylisting::test {

Command ctl_command(const Installation& installation, const std::vector<std::string>& arguments,
                    const std::string& input) {
  Command command{
      .arguments = {built("greylistctl"), "--home", installation.home()}, .directory = "/", .input = input};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  return command;
}

Result ctl(const Installation& installation, const std::vector<std::string>& arguments,
           const std::string& input) {
  return run(ctl_command(installation, arguments, input));
}

}  // namespace greylisting::test
