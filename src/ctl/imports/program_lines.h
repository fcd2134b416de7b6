// program_lines: what another program prints, line by line.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace greylisting::ctl {

/// What has become of it.
struct ProgramEnd {
  int status = 0;        // exit status; 128 + N after signal N; 127 when there is no such program
  std::string errors{};  // its standard error
};

/// Runs it, looked up in PATH, to its end; standard input is empty. `take` is called with each line, without
/// its end. Throws std::system_error when no process can be made.
ProgramEnd read_program(const std::vector<std::string>& arguments,
                        const std::function<void(const std::string& line)>& take);

}  // namespace greylisting::ctl
