// program: a program as qmail-smtpd would start it: as its user, in qmail's home, standard input closed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ctl/check/user.h"

namespace greylisting::ctl {

/// What came of starting a program.
struct Started {
  int error = 0;            // errno of what could not be done, 0 when the program was executed
  bool is_home = false;     // it was going to qmail's home, not executing it
  int status = 0;           // exit status; 128 + N after signal N
  bool is_overdue = false;  // it did not end by itself within the time it has
  std::string output{};
  std::string errors{};
};

/// Runs a line of control/smtpplugins to its end. `environment` is all that there is; `limits` are
/// those of setrlimit(2), by resource.
Started run_as_host(const SmtpdUser& user, const std::string& line,
                    const std::map<std::string, std::string>& environment,
                    const std::map<int, std::uint64_t>& limits = {});

/// Why that user cannot execute the line: an errno, or 0 when it can. Nothing of the program is run.
int why_not_executable(const SmtpdUser& user, const std::string& line);

}  // namespace greylisting::ctl
