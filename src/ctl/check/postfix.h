// postfix: what Postfix's main.cf and master.cf say of the policy service.
#pragma once

#include <string>
#include <vector>

#include "ctl/check/report.h"

namespace greylisting::ctl {

/// The directory of Postfix's files: /etc/postfix unless MAIL_CONFIG names another.
std::string postfix_directory();

/// The greylisting-policy that master.cf there starts; empty when it starts none.
std::string policy_program_of_postfix(const std::string& directory);

/// Whether Postfix asks greylisting-policy at RCPT, whether there is what it asks, and whether mail passes
/// when that does not answer. A service that listens is asked.
std::vector<Finding> examine_postfix(const std::string& directory);

}  // namespace greylisting::ctl
