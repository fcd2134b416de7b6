// service: what the run script of qmail-smtpd and the rules of its tcpserver make of the plugin.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/check/run_script.h"
#include "ctl/check/tcp_rules.h"
#include "ctl/check/user.h"
#include "store/administration.h"

namespace greylisting::ctl {

struct Service {
  std::optional<RunScript> script{};
  int rules_error = 0;  // why the cdb cannot be read, an errno
  // All, with one for clients that no other names; nothing where there is no cdb, or it is none.
  std::optional<std::vector<TcpRule>> rules{};
  TcpRule rule{};  // that of clients to be greylisted, as far as there is one
  std::map<std::string, std::string> environment{};  // what qmail-smtpd has of them
};

/// Reads the rules as `user`.
Service find_service(const std::optional<RunScript>& script, const SmtpdUser& user);

/// Which file qmail-smtpd reads in place of control/smtpplugins, and that when it does not say.
std::string plugins_file(const Service& service);

/// Whether any client is served, plugins are run for it, and it is greylisted; and whether the rules are
/// those that were written.
std::vector<Finding> examine_service(const Service& service, const SmtpdUser& user);

}  // namespace greylisting::ctl
