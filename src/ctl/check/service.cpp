#include "ctl/check/service.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/check/closed.h"
#include "ctl/check/content.h"
#include "ctl/check/host.h"
#include "ctl/check/report.h"
#include "mail/reply.h"
#include "process/environment.h"
#include "settings/settings.h"
#include "settings/table.h"
#include "text/printable.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSmtpd = "bin/qmail-smtpd";

bool smtpd_knows(const char* variable) {
  return content_of(kSmtpd).value_or("").find(variable) != std::string::npos;
}

using Environment = RunScript::Environment;

// As getenv(3) has it.
const char* value_in(const Environment& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? nullptr : found->second.c_str();
}

// Whether qmail-smtpd runs plugins.
bool enables_plugins(const Environment& environment) {
  return (environment.contains("ENABLE_SPP") || !smtpd_knows("ENABLE_SPP")) &&
         !(environment.contains("NOSPP") && smtpd_knows("NOSPP"));
}

// The reply that GREYLISTING is, with which the plugin refuses every client.
std::optional<std::string> reply_in(const Environment& environment) {
  const auto found = environment.find("GREYLISTING");
  if (found == environment.end() || !(is_reply(found->second, '4') || is_reply(found->second, '5')))
    return std::nullopt;
  return found->second;
}

bool marks(const TcpRule& rule, const Environment& environment) {
  return !rule.denies && environment.contains("GREYLISTING") && !reply_in(environment) &&
         !environment.contains("RELAYCLIENT");
}

bool marks(const RunScript& script, const TcpRule& rule) {
  return marks(rule, script.environment_with(rule.variables));
}

// The rule of clients to be greylisted: one that does all that is needed, or one that sets GREYLISTING, or
// that of the clients that no other names, which comes before others.
TcpRule rule_to_judge(const Service& service) {
  const TcpRule& others = service.rules->back();
  const TcpRule* best = &others;
  bool is_marked = marks(*service.script, others);
  if (is_marked && enables_plugins(service.script->environment_with(others.variables))) return others;
  for (const TcpRule& rule : *service.rules) {
    if (!marks(*service.script, rule)) continue;
    if (enables_plugins(service.script->environment_with(rule.variables))) return rule;
    if (!std::exchange(is_marked, true)) best = &rule;
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
  const bool may_be_by_rule = !service.script->unread_rules.empty();
  if (!sets("ENABLE_SPP") && !may_be_by_rule && smtpd_knows("ENABLE_SPP")) {
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

// The clients of the rules that alone set GREYLISTING; empty where those that no rule names are greylisted,
// or not served.
std::string only_clients(const Service& service) {
  const TcpRule& others = service.rules->back();
  const bool is_reply = reply_in(service.script->environment_with(others.variables)).has_value();
  if (others.denies || is_reply || marks(*service.script, others)) return "";
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::string> clients;
  for (const TcpRule& rule : *service.rules) {
    if (marks(*service.script, rule)) clients.push_back(rule.address);
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(clients.size(), kMostNamed); ++i)
    text += (text.empty() ? "" : ", ") + clients[i];
  return clients.size() <= kMostNamed
             ? text
             : text + " and " + std::to_string(clients.size() - kMostNamed) + " more";
}

void look_at_rules(const Service& service, std::vector<Finding>& findings) {
  const std::string& cdb = service.script->rules;
  const std::string source = source_of(cdb);
  std::error_code no_file;
  if (!source.empty() && fs::last_write_time(source, no_file) > fs::last_write_time(cdb, no_file) && !no_file)
    findings.push_back(warning(source + " has been changed since " + cdb + " was made of it", tcprules(cdb)));
  const std::string remedy =
      "add GREYLISTING=\"\" to the rule of the clients to be greylisted, as in :allow,GREYLISTING=\"\"; "
      "then: " +
      tcprules(cdb);
  if (service.rule.denies) {
    findings.push_back(problem("rules: " + cdb + " denies every client to be greylisted, so no mail comes in",
                               "add the rule :allow,GREYLISTING=\"\"; then: " + tcprules(cdb)));
  } else if (!service.environment.contains("GREYLISTING")) {
    findings.push_back(
        pressing("rules: no rule in " + cdb +
                     " sets GREYLISTING for clients that may not relay, so nothing is greylisted",
                 remedy));
  } else if (const std::string alone = only_clients(service); !alone.empty()) {
    findings.push_back(warning("rules: " + cdb + " sets GREYLISTING for " + alone +
                                   " alone, so mail of other clients is not greylisted",
                               remedy));
  } else if (marks(service.rule, service.environment) && enables_plugins(service.environment)) {
    findings.push_back(good("rules: " + (service.rule.sets("GREYLISTING") ? cdb : service.script->file) +
                            " sets GREYLISTING"));
  }
}

// Where what all clients get, or those that no other rule names, is a reply.
void look_at_reply(const Service& service, std::vector<Finding>& findings) {
  const TcpRule others = service.rules ? service.rules->back() : TcpRule{};
  const auto reply = reply_in(service.script->environment_with(others.variables));
  if (!reply || others.denies) return;
  const bool is_by_rule = others.sets("GREYLISTING");
  findings.push_back(problem(
      (is_by_rule ? place_of(others, *service.script) : service.script->file) + " sets GREYLISTING to " +
          in_quotes(*reply) + ", which is the answer to every recipient, so " +
          (reply->starts_with('4') ? "all mail waits for ever" : "all mail is refused"),
      "set GREYLISTING=\"\" there, and " +
          (is_by_rule ? "then: " + tcprules(service.script->rules) : "restart the service")));
}

// What a rule or the script gives the plugin and cannot be used, or had better be otherwise.
void look_at_variables(const Environment& variables, const std::string& place, const std::string& remedy,
                       std::vector<Finding>& findings) {
  const auto is_setting = [](std::string_view text) { return text.starts_with("GL"); };
  const auto value_of = [&variables](const char* name) { return value_in(variables, name); };
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
  for (std::string& text : said) findings.push_back(warning(text.insert(0, place + ": "), remedy));
}

bool is_plugins(const std::string& variable) {
  constexpr std::array<std::string_view, 3> kNames{"ENABLE_SPP", "GREYLISTING", "SPPCONFFILE"};
  return stops_plugin(variable) || variable.starts_with("GL") ||
         std::ranges::find(kNames, variable) != kNames.end();
}

// What cannot be told of a script without running it.
void look_at_doubts(const RunScript& script, std::vector<Finding>& findings) {
  const auto untold = [](const std::string& what, const std::string& taken, const std::string& remedy) {
    return warning(what + " cannot be told without running it; it is taken to " + taken, remedy);
  };
  const std::string outside = ", outside of if, case, loops, functions, && and ||";
  for (const auto& [variable, place] : script.doubts) {
    if (variable.empty()) {
      findings.push_back(untold(place + ": whether that line starts qmail-smtpd", "do so",
                                "have one line start it" + outside));
    } else if (is_plugins(variable)) {
      const bool is_set = script.environment.contains(variable);
      findings.push_back(untold(std::string(place).append(": what becomes of ").append(variable),
                                is_set ? "be set" : "be unset", "write its value out" + outside));
    }
  }
  if (!script.unread_rules.empty())
    findings.push_back(warning("rules: " + script.file + " says " + in_quotes(script.unread_rules) +
                                   ", which cannot be told without running it",
                               "name the file itself there"));
}

void take_from_shell(const char* name, Environment& environment) {
  if (const char* const value = std::getenv(name)) environment[name] = value;
}

}  // namespace

bool Service::sets_greylisting() const {
  if (!script) return true;
  return environment.contains("GREYLISTING") || !script->unread_rules.empty() ||
         (!rules && !script->rules.empty());
}

Service find_service(const std::optional<RunScript>& script, const SmtpdUser& user) {
  Service service{.script = script};
  if (!script) {
    for (const Setting& setting : setting_table()) take_from_shell(setting.variable, service.environment);
    take_from_shell("GLCONFIGFILE", service.environment);
    return service;
  }
  if (!script->rules.empty()) {
    const auto cdb = content_as(user, script->rules);
    service.rules_error = cdb ? 0 : errno;
    if (cdb) service.rules = parse_tcp_rules(*cdb);
    if (service.rules) service.rule = rule_to_judge(service);
  }
  service.environment = script->environment_with(service.rule.variables);
  return service;
}

LoadedSettings settings_of(const Environment& environment) {
  return load_settings([&environment](const char* name) -> const char* {
    const char* const value = value_in(environment, name);
    return value == nullptr && std::string_view(name) == "GLMYSQLADMINFILE" ? std::getenv(name) : value;
  });
}

std::string plugins_file(const Service& service) {
  const auto variable = service.environment.find("SPPCONFFILE");
  return variable == service.environment.end() || variable->second.empty() ? kPluginsFile : variable->second;
}

std::vector<Finding> examine_service(const Service& service, const SmtpdUser& user, bool is_one_of_several) {
  std::vector<Finding> findings;
  if (!service.script) {
    if (smtpd_knows("ENABLE_SPP")) {
      findings.push_back(
          warning("no run script found, so whether ENABLE_SPP and GREYLISTING are set is not known",
                  std::string("see that what starts ") + kSmtpd + " sets both"));
    }
    return findings;
  }
  const RunScript& script = *service.script;
  const bool sets_greylisting = service.sets_greylisting();
  look_at_doubts(script, findings);
  if (service.rules && (sets_greylisting || !is_one_of_several)) {
    look_at_rules(service, findings);
  } else if (!service.rules && !script.rules.empty() &&
             (service.rules_error != ENOENT || !script.may_lack_rules)) {
    // Of what another user may read, this one knows nothing.
    if (service.rules_error == EACCES && !user.is_within_reach()) return findings;
    findings.push_back(no_client_served(service, user));
  } else if (!sets_greylisting && is_one_of_several) {
    const std::string said = script.file + " sets GREYLISTING for no client";
    findings.push_back(
        script.is_submission
            ? good(said + ", and is a service for clients of your own")
            : warning(said + ", so nothing that comes that way is greylisted",
                      "set it there too, unless that service is for clients of your own alone"));
    return findings;
  } else if (script.has_tcpserver && !sets_greylisting) {
    findings.push_back(pressing("nothing in " + script.file + " sets GREYLISTING, so nothing is greylisted",
                                "add the line export GREYLISTING= to it, or give tcpserver rules that set it "
                                "(-x), and restart the service"));
  }
  look_at_reply(service, findings);
  look_at_plugins(service, findings);
  look_at_variables(script.environment_with({}), script.file, "correct it there, and restart the service",
                    findings);
  if (service.rules) {
    for (const TcpRule& rule : *service.rules) {
      look_at_variables({rule.variables.begin(), rule.variables.end()}, place_of(rule, script),
                        "correct that rule; then: " + tcprules(script.rules), findings);
    }
  }
  return findings;
}

}  // namespace greylisting::ctl
