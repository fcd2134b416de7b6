#include "ctl/check/policy.h"

#include <unistd.h>

#include <cstdlib>
#include <regex>
#include <string>

#include "ctl/check/report.h"
#include "settings/control_file.h"

namespace greylisting::ctl {
namespace {

constexpr const char* kProgram = "greylisting-policy";

std::string postfix_directory() {
  const char* const named = std::getenv("MAIL_CONFIG");
  return named == nullptr ? "/etc/postfix" : named;
}

// Of one of Postfix's files, without comments.
std::string read(const std::string& file) {
  constexpr std::size_t kMost = 1 << 20;
  const std::string text = read_control_file(file, kMost).text;
  return std::regex_replace(text, std::regex("(^|\n)#[^\n]*"), "$1");
}

// The program that Postfix starts, or that has been installed; empty when there is none.
std::string find_program(const std::string& master) {
  std::smatch found;
  if (std::regex_search(master, found, std::regex("argv=(\\S*/greylisting-policy)"))) return found[1];
  for (const char* const directory : {"/usr/local/sbin/", "/usr/sbin/"}) {
    std::string program = std::string(directory) + kProgram;
    if (access(program.c_str(), X_OK) == 0) return program;
  }
  return {};
}

void examine_postfix(const std::string& directory, const std::string& master, Host& host) {
  const std::string main_file = directory + "/main.cf";
  const std::string text = read(main_file);
  std::smatch asks;
  if (!std::regex_search(text, asks, std::regex(R"(check_policy_service\s+(\{[^}]*\}|\S+))"))) {
    host.findings.push_back(
        warning("Postfix: " + main_file +
                    " asks no policy service, so nothing of its mail is "
                    "greylisted",
                "add check_policy_service to smtpd_recipient_restrictions: config/postfix-main.cf "
                "has it"));
    return;
  }
  const std::string service = asks[1];
  if (service.find("unix:private/greylisting") != std::string::npos &&
      !std::regex_search(master, std::regex("(^|\n)greylisting\\s+unix\\s"))) {
    host.findings.push_back(problem("Postfix: " + main_file + " asks unix:private/greylisting, and " +
                                        directory + "/master.cf has no such service",
                                    "append config/postfix-master.cf to it, then: postfix reload"));
    return;
  }
  if (text.find("default_action") == std::string::npos &&
      text.find("smtpd_policy_service_default_action") == std::string::npos) {
    host.findings.push_back(warning("Postfix: " + main_file +
                                        " has no default_action=DUNNO for the policy service, so "
                                        "that no mail passes while it does not answer: 451 4.3.5",
                                    "write check_policy_service { " + service + ", default_action=DUNNO }"));
    return;
  }
  host.findings.push_back(good("Postfix: " + main_file + " asks " + service));
}

}  // namespace

bool is_policy_host() {
  for (const char* const file : {kPluginsFile, "bin/qmail-smtpd", "plugins"}) {
    if (access(file, F_OK) == 0) return false;
  }
  return access("control", F_OK) == 0;
}

Host examine_policy_host() {
  Host host;
  const std::string directory = postfix_directory();
  const std::string master = read(directory + "/master.cf");
  if (access(directory.c_str(), F_OK) == 0) examine_postfix(directory, master, host);
  const std::string program = find_program(master);
  if (program.empty() || access(program.c_str(), X_OK) != 0) {
    host.findings.push_back(problem(
        (program.empty() ? std::string(kProgram) : program) + " is not there, so no mail server can ask it",
        "install it: make install-policy"));
    return host;
  }
  host.plugin.push_back(
      {.program =
           ":printf 'request=smtpd_access_policy\\nprotocol_state=RCPT\\nclient_address=%s\\nhelo_name=%s\\n"
           "sender=%s\\nrecipient=%s\\ninstance=check\\n\\n' \"$TCPREMOTEIP\" \"$SMTPHELOHOST\" "
           "\"$SMTPMAILFROM\" \"$SMTPRCPTTO\" | exec " +
           program + " --home .",
       .name = kProgram,
       .when_it_fails = "the mail server gets no answer, and does what its default_action says",
       .install = "make install-policy"});
  return host;
}

}  // namespace greylisting::ctl
