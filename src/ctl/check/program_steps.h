// program_steps: what programs that start one another are told to do by their options (ucspi-tcp, ucspi-ssl,
// daemontools, runit, s6, util-linux, and the shell's ulimit).
#pragma once

#include <string>
#include <vector>

#include "ctl/check/shell_words.h"

namespace greylisting::ctl {

struct Step {
  enum class What {
    starts,  // nothing but the program itself
    user,    // a name or number, USER:GROUP, or :USER:GROUP with numbers
    group,
    directory,  // of variables
    sets,       // NAME=value
    unsets,     // NAME
    clears,     // all variables
    rules,      // a cdb
    may_lack_rules,
    limits,  // `option` says what
  };
  What what = What::starts;
  std::string program{};
  std::string option{};  // `-u`; empty for an argument
  ShellWord value{};
};

/// In the order of the words.
std::vector<Step> steps_of(const std::vector<ShellWord>& words);

/// tcpserver or sslserver, which has rules and gives variables to what it starts.
bool is_server(const std::string& program);

}  // namespace greylisting::ctl
