// service: what the run script of qmail-smtpd and the rules of its tcpserver make of the plugin.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/check/run_script.h"
#include "ctl/check/tcp_rules.h"
#include "store/administration.h"

namespace greylisting::ctl {

struct Service {
  std::optional<RunScript> script{};
  std::optional<std::vector<TcpRule>> rules{};  // nothing where they cannot be found
};

Service find_service();

/// Which file qmail-smtpd reads in place of control/smtpplugins, and that when it does not say.
std::string plugins_file(const Service& service);

/// Whether qmail-smtpd runs plugins at all, whether any client is greylisted, and whether the rules are those
/// that were written.
std::vector<Finding> examine_service(const Service& service);

}  // namespace greylisting::ctl
