#include "ctl/check/policy.h"

#include <unistd.h>

#include <string>

#include "ctl/check/postfix.h"
#include "ctl/check/report.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kProgram = "greylisting-policy";

// The program that Postfix starts, or that has been installed; empty when there is none.
std::string find_program(const std::string& of_postfix) {
  if (!of_postfix.empty()) return of_postfix;
  for (const char* const directory : {"/usr/local/sbin/", "/usr/sbin/"}) {
    std::string program = std::string(directory) + kProgram;
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

}  // namespace

bool is_policy_host() {
  for (const char* const file : {kPluginsFile, "bin/qmail-smtpd", "plugins"}) {
    if (access(file, F_OK) == 0) return false;
  }
  return access("control", F_OK) == 0;
}

Host examine_policy_host() {
  const Postfix postfix = examine_postfix();
  Host host{.findings = postfix.findings};
  const std::string program = find_program(postfix.policy_program);
  if (program.empty() || access(program.c_str(), X_OK) != 0) {
    host.findings.push_back(problem(
        (program.empty() ? std::string(kProgram) : program) + " is not there, so no mail server can ask it",
        "install it: make install-policy"));
    return host;
  }
  host.lines.push_back(
      {.program =
           ":printf 'request=smtpd_access_policy\\nprotocol_state=RCPT\\nclient_address=%s\\nhelo_name=%s\\n"
           "sender=%s\\nrecipient=%s\\ninstance=check\\n\\n' \"$TCPREMOTEIP\" \"$SMTPHELOHOST\" "
           "\"$SMTPMAILFROM\" \"$SMTPRCPTTO\" | exec " +
           program + " --home .",
       .name = kProgram,
       .when_it_fails = "the mail server gets no answer, and does what its default_action says",
       .install = "install it anew: make install-policy",
       .is_plugin = true});
  return host;
}

}  // namespace greylisting::ctl
