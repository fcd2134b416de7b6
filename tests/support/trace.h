// trace: what a program asks of the kernel, as strace tells it.
#pragma once

#include <string>
#include <vector>

#include "process.h"

namespace greylisting::test {

/// Whether strace is there and may look at programs; not every container lets it.
bool can_trace();

struct Traced {
  Result result;
  std::vector<std::string> lines;  // `PID call(arguments) = result` each, with one blank or more
                                   // behind the number, in the order of the calls
};

/// Runs the program, and what it starts, to its end. `calls` is what strace's option -e trace= takes, and
/// `inject`, if it is not empty, what -e inject= takes: a call that the kernel is not asked and its answer.
Traced run_traced(Command command, const std::string& calls, const std::string& inject = "");

/// The texts in quotes of a line, which for most calls are names of files; of each its first 4096 bytes.
std::vector<std::string> quoted_in(const std::string& line);

}  // namespace greylisting::test
