// policy: a host without qmail, whose mail server asks greylisting-policy: what Postfix's files say of it,
// and how one question is put to it.
#pragma once

#include "ctl/check/host.h"

namespace greylisting::ctl {

/// Whether there is no qmail in this home.
bool is_policy_host();

/// Reads Postfix's main.cf and master.cf, in /etc/postfix unless MAIL_CONFIG names another directory. The
/// line by which the service is asked takes what it asks from the variables that a plugin has.
Host examine_policy_host();

}  // namespace greylisting::ctl
