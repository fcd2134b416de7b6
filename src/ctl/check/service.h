// service: what the run script of qmail-smtpd and the rules of its tcpserver make of the plugin.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/check/run_script.h"
#include "ctl/check/tcp_rules.h"
#include "ctl/check/user.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct Service {
  std::optional<RunScript> script{};
  int rules_error = 0;  // why the cdb cannot be read, an errno
  // All, with one for clients that no other names; nothing where there is no cdb, or it is none.
  std::optional<std::vector<TcpRule>> rules{};
  TcpRule rule{};  // that of clients to be greylisted, as far as there is one
  // What qmail-smtpd has of them; without a script the settings that this shell has for the plugin.
  std::map<std::string, std::string> environment{};

  /// Whether it is set for any client that the plugin is to judge.
  bool sets_greylisting() const;
};

/// Reads the rules as `user`.
Service find_service(const std::optional<RunScript>& script, const SmtpdUser& user);

/// The settings as the plugin has them; mysql_admin_file, which is greylistctl's alone, may be this shell's.
LoadedSettings settings_of(const RunScript::Environment& environment);

/// Which file qmail-smtpd reads in place of control/smtpplugins, and that when it does not say.
std::string plugins_file(const Service& service);

/// Whether any client is served, plugins are run for it, and it is greylisted; and whether the rules are
/// those that were written. One of several services may be for clients of one's own.
std::vector<Finding> examine_service(const Service& service, const SmtpdUser& user, bool is_one_of_several);

}  // namespace greylisting::ctl
