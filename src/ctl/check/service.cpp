#include "ctl/check/service.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>

#include "ctl/check/closed.h"
#include "ctl/check/content.h"
#include "ctl/check/host.h"
#include "ctl/check/report.h"
#include "mail/reply.h"
#include "process/environment.h"
#include "settings/settings.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmtpd = "bin/qmail-smtpd";

bool smtpd_knows(const char* variable) {
  return content_of(kSmtpd).value_or("").find(variable) != std::string::npos;
}

std::map<std::string, std::string> environment_with(const RunScript& script, const TcpRule& rule) {
  auto environment = script.environment;
  for (const auto& [name, value] : rule.variables) environment.insert_or_assign(name, value);
  return environment;
}

// Whether qmail-smtpd runs plugins.
bool enables_plugins(const std::map<std::string, std::string>& environment) {
  return (environment.contains("ENABLE_SPP") || !smtpd_knows("ENABLE_SPP")) &&
         !(environment.contains("NOSPP") && smtpd_knows("NOSPP"));
}

bool marks(const TcpRule& rule, const std::map<std::string, std::string>& environment) {
  return !rule.denies && environment.contains("GREYLISTING") && !environment.contains("RELAYCLIENT");
}

// The rule of clients to be greylisted: one that does all that is needed, or one that sets GREYLISTING, or
// that of the clients that no other names.
TcpRule rule_to_judge(const Service& service) {
  const TcpRule* best = &service.rules->back();
  for (const TcpRule& rule : *service.rules) {
    const auto environment = environment_with(*service.script, rule);
    if (!marks(rule, environment)) continue;
    if (enables_plugins(environment)) return rule;
    best = &rule;
  }
  return *best;
}

// The text that the cdb was made from, where it has the usual name.
std::string source_of(const std::string& cdb) {
  return cdb.ends_with(".cdb") ? cdb.substr(0, cdb.size() - 4) : "";
}

std::string tcprules(const std::string& cdb) {
  const std::string source = source_of(cdb);
  return "tcprules " + shell_word(cdb) + ' ' + shell_word(source + ".tmp") + " < " +
         shell_word(source.empty() ? "RULES" : source);
}

std::string place_of(const TcpRule& rule, const RunScript& script) {
  return "the rule " + rule.address + (rule.denies ? ":deny" : ":allow") + " in " + script.rules;
}

// The files in which a variable would be set.
std::string places(const Service& service) {
  return service.script->file + (service.rules ? " or " + place_of(service.rule, *service.script) : "");
}

// The one of the two that sets it.
std::string place_of(const Service& service, const std::string& variable) {
  return service.rules && service.rule.sets(variable) ? place_of(service.rule, *service.script)
                                                      : service.script->file;
}

void look_at_plugins(const Service& service, std::vector<Finding>& findings) {
  const auto sets = [&service](const char* variable) { return service.environment.contains(variable); };
  if (sets("RELAYCLIENT")) {
    findings.push_back(problem(place_of(service, "RELAYCLIENT") +
                                   " sets RELAYCLIENT, with which every client may relay, so nothing is "
                                   "greylisted",
                               "set it for clients of your own alone, as in 127.:allow,RELAYCLIENT=\"\""));
  }
  if (!sets("ENABLE_SPP") && smtpd_knows("ENABLE_SPP")) {
    findings.push_back(
        problem(std::string(kSmtpd) + " runs plugins only where ENABLE_SPP is set, and nothing in " +
                    places(service) + " sets it, so nothing is greylisted",
                "add the line export ENABLE_SPP=1 to " + service.script->file + ", and restart the service"));
  }
  if (sets("NOSPP") && smtpd_knows("NOSPP")) {
    const std::string place = place_of(service, "NOSPP");
    findings.push_back(problem(
        place + " sets NOSPP, with which " + kSmtpd + " runs no plugins, so nothing is greylisted",
        "take it out, and " +
            (place == service.script->file ? "restart the service" : tcprules(service.script->rules))));
  }
}

Finding no_client_served(const Service& service, const SmtpdUser& user) {
  const std::string& cdb = service.script->rules;
  if (service.rules_error == EACCES) {
    const std::string closed = closed_directory(user, cdb);
    return problem(
        "rules: " + cdb + " cannot be read by " + user.name + ", so tcpserver drops every connection",
        closed.empty() ? "chmod 644 " + shell_word(cdb) : "chmod a+x " + shell_word(closed));
  }
  return problem("rules: " + cdb + (service.rules_error == ENOENT ? " is not there" : " is no cdb of rules") +
                     ", so tcpserver drops every connection",
                 "make it: " + tcprules(cdb));
}

void look_at_rules(const Service& service, std::vector<Finding>& findings) {
  const std::string& cdb = service.script->rules;
  const std::string source = source_of(cdb);
  std::error_code no_file;
  if (!source.empty() && fs::last_write_time(source, no_file) > fs::last_write_time(cdb, no_file) && !no_file)
    findings.push_back(warning(source + " has been changed since " + cdb + " was made of it", tcprules(cdb)));
  if (service.rule.denies) {
    findings.push_back(problem("rules: " + cdb + " denies every client to be greylisted, so no mail comes in",
                               "add the rule :allow,GREYLISTING=\"\"; then: " + tcprules(cdb)));
  } else if (service.environment.contains("GREYLISTING")) {
    if (!service.environment.contains("RELAYCLIENT") && enables_plugins(service.environment))
      findings.push_back(good("rules: " + (service.rule.sets("GREYLISTING") ? cdb : service.script->file) +
                              " sets GREYLISTING"));
  } else {
    findings.push_back(warning(
        "rules: no rule in " + cdb +
            " sets GREYLISTING for clients that may not relay, so nothing is greylisted",
        "add GREYLISTING=\"\" to the rule of the clients to be greylisted, as in :allow,GREYLISTING=\"\"; "
        "then: " +
            tcprules(cdb)));
  }
}

// What a rule or the script gives the plugin and cannot be used, or had better be otherwise.
void look_at_variables(const std::map<std::string, std::string>& variables, const std::string& place,
                       const std::string& remedy, std::vector<Finding>& findings) {
  const auto is_setting = [](std::string_view text) { return text.starts_with("GL"); };
  const auto value_of = [&variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  std::vector<std::string> said;
  if (const std::string doubt = doubt_about_deferral(value_or_empty(value_of, "GREYLISTING")); !doubt.empty())
    said.push_back("GREYLISTING: " + doubt);
  if (std::ranges::any_of(variables, [&](const auto& variable) { return is_setting(variable.first); })) {
    const LoadedSettings loaded = load_settings(value_of);
    // The others are about files, and said before.
    std::ranges::copy_if(loaded.warnings, std::back_inserter(said), is_setting);
    std::ranges::copy_if(loaded.problems, std::back_inserter(said), is_setting);
    if (!loaded.unusable.empty() && variables.contains("GLCONFIGFILE"))
      said.push_back("GLCONFIGFILE: " + loaded.unusable);
  }
  for (const std::string& text : said) findings.push_back(warning(place + ": " + text, remedy));
}

}  // namespace

Service find_service(const std::optional<RunScript>& script, const SmtpdUser& user) {
  Service service{.script = script};
  if (!script) return service;
  if (!script->rules.empty()) {
    const auto cdb = content_as(user, script->rules);
    service.rules_error = cdb ? 0 : errno;
    if (cdb) service.rules = parse_tcp_rules(*cdb);
    if (service.rules) service.rule = rule_to_judge(service);
  }
  service.environment = environment_with(*script, service.rule);
  return service;
}

std::string plugins_file(const Service& service) {
  const auto variable = service.environment.find("SPPCONFFILE");
  return variable == service.environment.end() || variable->second.empty() ? kPluginsFile : variable->second;
}

std::vector<Finding> examine_service(const Service& service, const SmtpdUser& user) {
  std::vector<Finding> findings;
  if (!service.script) return findings;
  const RunScript& script = *service.script;
  if (service.rules) {
    look_at_rules(service, findings);
  } else if (!script.rules.empty() && !(service.rules_error == ENOENT && script.may_lack_rules)) {
    // Of what another user may read, this one knows nothing.
    if (service.rules_error == EACCES && !user.is_within_reach()) return findings;
    findings.push_back(no_client_served(service, user));
  } else if (script.has_tcpserver && !script.environment.contains("GREYLISTING")) {
    findings.push_back(warning("nothing in " + script.file + " sets GREYLISTING, so nothing is greylisted",
                               "add the line export GREYLISTING= to it, or give tcpserver rules that set it "
                               "(-x), and restart the service"));
  }
  look_at_plugins(service, findings);
  look_at_variables(script.environment, script.file, "correct it there, and restart the service", findings);
  if (service.rules) {
    for (const TcpRule& rule : *service.rules) {
      look_at_variables(environment_with({}, rule), place_of(rule, script),
                        "correct that rule; then: " + tcprules(script.rules), findings);
    }
  }
  return findings;
}

}  // namespace greylisting::ctl
