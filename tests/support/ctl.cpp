#include "ctl.h"

#include <csignal>

#include "catch.h"
#include "temporary_directory.h"

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

std::string stopped_midway(const Command& command, const std::filesystem::path& output,
                           const std::function<std::size_t()>& rows, int signal) {
  const std::size_t before = rows();
  BackgroundProcess process(command, output);
  while (rows() == before) REQUIRE(process.is_running());
  kill(process.pid(), signal);
  CHECK(process.wait() == 128 + signal);
  return read_file(output);
}

}  // namespace greylisting::test
