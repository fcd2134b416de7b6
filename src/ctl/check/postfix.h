// postfix: what Postfix's main.cf and master.cf say of the policy service.
#pragma once

#include <string>
#include <vector>

#include "ctl/check/report.h"

namespace greylisting::ctl {

struct Postfix {
  std::string policy_program{};  // the greylisting-policy that master.cf starts; empty when it starts none
  std::vector<Finding> findings{};
};

/// Whether Postfix asks greylisting-policy at RCPT, whether there is what it asks, and whether mail passes
/// when that does not answer. A service that listens is asked. The files are in /etc/postfix unless
/// MAIL_CONFIG names another directory; nothing is known where there is none.
Postfix examine_postfix();

}  // namespace greylisting::ctl
