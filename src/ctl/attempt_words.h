// attempt_words: an attempt as it is said on the command line.
#pragma once

#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "host/decide.h"
#include "judgement/session.h"

namespace greylisting::ctl {

/// `IP SENDER RECIPIENT` and what else qmail-smtpd would say.
struct AttemptWords {
  std::vector<std::string> triplet;  // IP SENDER RECIPIENT; the null sender is '' or '<>'
  std::string host;
  std::string helo;
  std::string spf;
  unsigned recipients = 0;
};

/// Addresses may be written as in the log, with `\xNN`, and between < and >. Throws UsageError where the
/// words are no attempt.
Session session_of(const AttemptWords& words);

/// `greylistctl pass --spf pass 192.0.2.7 alice@example.net bob@example.org`
std::string command_on(const char* subcommand, const Session& session);

/// `192.0.2.7 alice@example.net -> bob@example.org`
std::string in_words(const Session& session);

/// What would become of it, by the plugin's own code and account; nothing is written. Throws StoreError.
Decided would_decide(Administration& administration, const Session& session, const Settings& settings);

}  // namespace greylisting::ctl
