#include "ctl/check/service.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "ctl/check/content.h"
#include "ctl/check/host.h"
#include "ctl/check/report.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmtpd = "bin/qmail-smtpd";

bool any_rule_sets(const Service& service, const std::string& name) {
  return service.rules && std::ranges::any_of(*service.rules, [&name](const TcpRule& rule) {
           return !rule.denies && rule.sets(name);
         });
}

// The files in which it would be set.
std::string places(const Service& service) {
  return service.script->file + (service.rules ? " or the rules in " + service.script->rules : "");
}

void look_at_plugins(const Service& service, std::vector<Finding>& findings) {
  const std::string smtpd = content_of(kSmtpd).value_or("");
  const auto knows = [&smtpd](const char* variable) { return smtpd.find(variable) != std::string::npos; };
  const auto sets = [&service](const char* variable) {
    return service.script->environment.contains(variable);
  };
  if (knows("ENABLE_SPP") && !sets("ENABLE_SPP") && !any_rule_sets(service, "ENABLE_SPP")) {
    findings.push_back(
        warning(std::string(kSmtpd) + " runs plugins only where ENABLE_SPP is set, and nothing in " +
                    places(service) + " sets it, so nothing is greylisted",
                "add the line export ENABLE_SPP=1 to " + service.script->file + ", and restart the service"));
  }
  if (knows("NOSPP") && sets("NOSPP")) {
    findings.push_back(warning(service.script->file + " sets NOSPP, with which " + kSmtpd +
                                   " runs no plugins, so nothing is greylisted",
                               "take it out, and restart the service"));
  }
}

// The text that the cdb was made from, where it has the usual name.
std::string source_of(const std::string& cdb) {
  return cdb.ends_with(".cdb") ? cdb.substr(0, cdb.size() - 4) : "";
}

void look_at_rules(const Service& service, std::vector<Finding>& findings) {
  const std::string& cdb = service.script->rules;
  const std::string source = source_of(cdb);
  const std::string make = "tcprules " + shell_word(cdb) + ' ' + shell_word(source + ".tmp") + " < " +
                           shell_word(source.empty() ? "RULES" : source);
  std::error_code no_file;
  if (!source.empty() && fs::last_write_time(source, no_file) > fs::last_write_time(cdb, no_file) && !no_file)
    findings.push_back(warning(source + " has been changed since " + cdb + " was made of it", make));
  const bool any = std::ranges::any_of(*service.rules, [](const TcpRule& rule) {
    return !rule.denies && rule.sets("GREYLISTING") && !rule.sets("RELAYCLIENT");
  });
  if (any || service.script->environment.contains("GREYLISTING")) {
    findings.push_back(good("rules: " + (any ? cdb : service.script->file) + " sets GREYLISTING"));
    return;
  }
  findings.push_back(warning(
      "rules: no rule in " + cdb +
          " sets GREYLISTING for clients that may not relay, so nothing is greylisted",
      "add GREYLISTING=\"\" to the rule of the clients to be greylisted, as in :allow,GREYLISTING=\"\"; "
      "then: " +
          make));
}

}  // namespace

Service find_service() {
  Service service{.script = find_run_script()};
  if (service.script && !service.script->rules.empty())
    service.rules = parse_tcp_rules(content_of(service.script->rules).value_or(""));
  return service;
}

std::string plugins_file(const Service& service) {
  if (!service.script) return kPluginsFile;
  const auto variable = service.script->environment.find("SPPCONFFILE");
  return variable == service.script->environment.end() || variable->second.empty() ? kPluginsFile
                                                                                   : variable->second;
}

std::vector<Finding> examine_service(const Service& service) {
  std::vector<Finding> findings;
  if (!service.script) return findings;
  look_at_plugins(service, findings);
  if (service.rules) look_at_rules(service, findings);
  return findings;
}

}  // namespace greylisting::ctl
