// host: control/smtpplugins as qmail-smtpd reads it (qmail-spp 0.42 and later), and what it makes of each
// line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/check/user.h"

namespace greylisting::ctl {

inline constexpr const char* kPluginsFile = "control/smtpplugins";

/// A line that is a program to the host.
struct PluginLine {
  unsigned number = 0;    // in the file, from 1
  char section = 0;       // the byte after `[`; 0 for a section that the host does not know, or none yet
  std::string program{};  // all of it: the path of a program, or after `:` words for the shell

  // How it is spoken of; what becomes of mail where it fails; and what mends it then.
  std::string name = "plugin";
  std::string when_it_fails{};
  std::string install{};
  bool is_plugin = false;  // this plugin, as far as can be seen without running it
};

/// The lines that are neither empty nor comments, in the host's words: a line ends at LF or NUL alone, blanks
/// and tabs at its end do not count, and only the second byte of a section's name does, in lower case.
std::vector<PluginLine> parse_smtpplugins(std::string_view text);

/// What was found out about control/smtpplugins, and the lines that the host runs.
struct Host {
  std::vector<Finding> findings{};
  std::vector<PluginLine> lines{};  // in the host's order, those that can be executed
  std::vector<Finding> not_run{};   // why no line runs the plugin, should none be seen to
};

/// Whether `user` can read what else qmail-smtpd reads before it greets, and has a name to greet with.
std::vector<Finding> examine_controls(const SmtpdUser& user);

/// Reads `file` as `user`; tries, for every line, whether that user can execute it, without running it.
Host examine_host(const SmtpdUser& user, const std::string& file);

}  // namespace greylisting::ctl
