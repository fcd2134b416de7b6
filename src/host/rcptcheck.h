// rcptcheck: the door of a qmail-smtpd that starts the program named in RCPTCHECK (notqmail's patch,
// sagredo's qmail). The same plugin, which sees by the variables how it was started.
//
// The host takes the exit status for the answer: 100 refuses for good, 111 with `421 unable to verify
// recipient`, which ends the session; all else accepts. Where it sets USE_FD4, the reply can be written to
// descriptor 4, and 100 then refuses with that.
#pragma once

#include <string_view>

#include "judgement/decision.h"
#include "judgement/session.h"
#include "process/deadline.h"
#include "settings/settings.h"

namespace greylisting::rcptcheck {

/// Whether the host is one of these: RECIPIENT is set, and SMTPRCPTTO, as qmail-spp has it, is not.
bool is_asked(const Environment& environment);

/// The same variables under the names that qmail-spp gives them.
Environment as_of_spp(const Environment& environment);

/// `environment` is the host's. Accepting is status 0 and no text.
Answer answer(const Decision& decision, const Settings& settings, std::string_view recipient_domain,
              const Environment& environment);

/// For when no decision could be made.
Answer answer_on_error(const Settings& settings, const Environment& environment);

}  // namespace greylisting::rcptcheck
