// The order in which an installation is looked at: settings, host, user, files, one attempt, store, lists.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/check/database.h"
#include "ctl/check/dns.h"
#include "ctl/check/files.h"
#include "ctl/check/host.h"
#include "ctl/check/policy.h"
#include "ctl/check/report.h"
#include "ctl/check/run_script.h"
#include "ctl/check/service.h"
#include "ctl/check/trial.h"
#include "ctl/check/user.h"
#include "ctl/commands.h"
#include "ctl/lists/check_lists.h"
#include "ctl/records/only_client.h"
#include "process/process.h"
#include "process/state_directory.h"
#include "settings/table.h"
#include "store/outage.h"

namespace greylisting::ctl {
namespace {

// The names of settings among the variables: ` and GLMATCH, GLSPF of OWNER`.
std::string variables_of_settings(const Service& service, const std::string& owner) {
  std::string names;
  for (const auto& [name, value] : service.environment) {
    if (name.starts_with("GL")) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "" : " and " + names + " of " + owner;
}

// A variable of the service's is named with its place elsewhere.
void look_at_settings(const LoadedSettings& loaded, const Service& service, Report& report) {
  const auto is_told = [&service](const Problem& text) { return service.script && text.starts_with("GL"); };
  if (!loaded.unusable.empty()) report.add(problem(loaded.unusable));
  for (const Problem& text : loaded.problems) {
    if (!is_told(text)) report.add(problem(text));
  }
  for (const Problem& text : loaded.warnings) {
    if (!is_told(text)) report.add(warning(text, ""));
  }
  const std::string variables =
      variables_of_settings(service, !service.script ? "this shell"
                                     : service.rules ? service.script->file + " and of the rules"
                                                     : service.script->file);
  if (access(loaded.file.c_str(), F_OK) != 0) {
    report.add(good(
        "settings: there is no " + loaded.file + ", so each has its default" +
        (variables.empty() ? "" : ", but for those" + variables.substr(std::string_view(" and").size()))));
  } else {
    report.add(
        good("settings, as " + loaded.file + variables + (variables.empty() ? " has them" : " have them")));
  }
  report.add_settings(loaded.settings.rows());
}

// What the plugin remembers of a database it could not reach. It is forgotten where it is tried at once.
void look_at_outage(bool is_tried, Report& report) {
  Outage outage{std::string(kStateDirectory)};
  const auto ago = outage.failed_before();
  if (!ago) return;
  const std::string text = "plugin: could not reach the database " + std::to_string(ago->count()) + " s ago";
  if (is_tried) {
    outage.forget();
    report.add(good(text + "; it is tried again now"));
  } else {
    report.add(warning(text + "; it tries again every " + std::to_string(Outage::kPause.count()) + " s",
                       "rm " + outage.file() + " to have it try at once"));
  }
}

// `program` is what runs as that user.
void look_at_user(const std::string& program, const SmtpdUser& user, Report& report) {
  const std::string text = "user: " + program + " is taken to run as " + user.name + ", " + user.how;
  if (!user.doubt.empty()) {
    report.add(warning(text + ", though " + user.doubt,
                       "name the user that it runs as: greylistctl check --user SMTPD_USER"));
  } else if (user.is_guess && user.uid == 0) {
    report.add(warning(text + ", though that is unlikely; what follows is checked as that user",
                       "name the user that it runs as: greylistctl check --user SMTPD_USER"));
  } else if (user.is_within_reach()) {
    report.add(good(text));
  } else {
    report.add(warning(text + "; this is " + effective_user() + ", as whom it is tried", "run it as root"));
  }
}

// It needs no plugin and no GREYLISTING.
Host examine_front(const std::string& script, const Settings& settings) {
  return {.findings = {good(
              script + ": greylisting-front stands before qmail-smtpd",
              settings.match == Match::network
                  ? ""
                  : "with match=network in control/greylisting greylistctl looks for clients as it does")}};
}

// Opening the file would make it, and where its directory is not as it should be, as another user's.
bool is_out_of_place(const Settings& settings, const std::vector<Finding>& about_files) {
  std::error_code error;
  return settings.store_kind() == StoreKind::sqlite && !about_files.empty() &&
         !std::filesystem::is_regular_file(settings.sqlite_file, error);
}

// With explicit=1 nobody else is greylisted. Of the same pattern that opts in and out, out counts. Domains in
// greylisting_lists that 0.5 would allow are opted in.
void look_at_opted_in(Administration& administration, bool is_by_settings, Report& report) {
  if (administration.count(
          "greylisting_entries AS opt_in WHERE action = 'greylist' AND kind = 'recipient' AND "
          "expires > :now AND NOT EXISTS (SELECT 1 FROM greylisting_entries AS opt_out WHERE "
          "opt_out.action = 'skip' AND opt_out.kind = 'recipient' AND opt_out.expires > :now "
          "AND opt_out.subject = opt_in.subject)") != 0 ||
      administration.count("greylisting_lists WHERE rcpt_to IS NOT NULL AND block_expires < :now AND "
                           "record_expires > :now") != 0)
    return;
  if (is_by_settings) {
    report.add(warning("explicit=1, and no recipient has opted in, so nothing is greylisted",
                       "greylistctl greylist RECIPIENT-OR-DOMAIN, for each; or take explicit=1 out"));
  } else {
    report.add(
        problem("GLEXPLICIT=1 is set for the plugin, and no recipient has opted in, so nothing is "
                "greylisted",
                "take it out of the line, the run script or the rule that sets it; or greylistctl "
                "greylist RECIPIENT-OR-DOMAIN, for each"));
  }
}

void look_at_rows(Administration& administration, const Settings& settings, const Service& service,
                  const Trial& trial, Report& report) {
  report.add(examine_entries(administration, settings));
  report.add(examine_breadth(administration, settings, trial.entries));
  if (const std::string address = only_client(administration); !address.empty())
    report.add(warning("clients: " + same_client(address), kSameClientRemedy));
  if (settings.explicit_only || trial.left_out == "not-listed")
    look_at_opted_in(
        administration,
        settings.explicit_only && !(service.script && service.environment.contains("GLEXPLICIT")), report);
}

void look_at_store(const Settings& settings, const Service& service, const Trial& trial,
                   const SmtpdUser& user, Report& report) {
  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  // With MySQL the tool's option file may be root's, so root connects first.
  const auto administration = open_administration(settings, Patience::for_a_look);
  report.add(good(is_mysql ? "store: connected as " + settings.admin_option_file() + " says"
                           : "store: opened " + settings.sqlite_file));
  if (!trial.recorded.empty()) report.add(remove_records(trial, *administration, user));
  const std::vector<Finding> findings = administration->examine();
  report.add(findings);
  // Tables that are not as they should be say no more than that, and in other words.
  if (std::ranges::none_of(findings, [](const Finding& its) { return its.state == Finding::State::bad; }))
    look_at_rows(*administration, settings, service, trial, report);
  if (is_mysql) report.add(examine_database(settings));
}

// What this shell sets for greylistctl is not what a service is started with.
void look_at_shell(const Service& service, Report& report) {
  for (const Setting& setting : setting_table()) {
    const char* const value = std::getenv(setting.variable);
    if (value == nullptr || setting.key == "mysql_admin_file") continue;
    const auto its = service.environment.find(setting.variable);
    if (its == service.environment.end() || its->second != value)
      report.add(good(std::string(setting.variable) + " of this shell is left out, as " +
                      service.script->file + " does not have it so"));
  }
}

// One service that runs qmail-smtpd; or the host, where no run script says more.
struct Examined {
  std::optional<RunScript> script;
  SmtpdUser user;
  Service service;
  LoadedSettings loaded;

  bool has_front() const { return script && script->has_front; }
  bool greylists() const { return has_front() || service.sets_greylisting(); }
};

Examined find_examined(const std::optional<RunScript>& script, const CheckOptions& options) {
  const auto of_script =
      script ? script->environment_with({}) : find_service(std::nullopt, SmtpdUser()).environment;
  const SmtpdUser user = find_user(options.user, script, settings_of(of_script).settings);
  if (!options.user.empty() && !user.is_within_reach())
    throw UsageError("only root can try what " + user.name + " may do; run it as root, or leave out --user");
  const Service service = find_service(script, user);
  return {script, user, service, settings_of(service.environment)};
}

void examine(const Examined& it, bool is_one_of_several, Report& report) {
  const auto& [script, user, service, loaded] = it;
  const Settings& settings = loaded.settings;
  const std::string before = is_one_of_several ? script->file + ": " : "";
  report.begin_with(before);
  look_at_settings(loaded, service, report);
  if (script) look_at_shell(service, report);
  const bool has_qmail = !is_policy_host();
  look_at_user(has_qmail ? "qmail-smtpd" : "greylisting-policy", user, report);

  const SmtpdUser tried = user.is_within_reach() ? user : this_user();
  if (has_qmail) report.add(examine_controls(tried));
  const Host host = has_qmail && it.has_front() ? examine_front(script->file, settings)
                    : has_qmail                 ? examine_host(tried, plugins_file(service))
                                                : examine_policy_host();
  report.add(host.findings);
  if (has_qmail && !it.has_front()) report.add(examine_service(service, user, is_one_of_several));
  report.begin_with("");
  if (settings.spf == Spf::check || (settings.spf == Spf::automatic && !has_qmail))
    report.add(examine_dns(settings));
  const std::vector<Finding> about_files = examine_files_of(user, loaded);
  report.add(about_files);
  if (settings.store_kind() == StoreKind::mysql) {
    report.add(examine_option_files(settings));
    look_at_outage(!host.lines.empty(), report);
  }
  const Trial trial = try_lines(host, tried, loaded, service);
  report.begin_with(before);
  report.add(trial.findings);
  report.begin_with("");
  if (!loaded.unusable.empty()) return;
  try {
    if (!is_out_of_place(settings, about_files)) look_at_store(settings, service, trial, tried, report);
  } catch (const StoreError& error) {
    report.add(problem("store, as " + effective_user() + ": " + error.problem(), error.remedy()));
  }
  const ActingAs smtpd(tried);
  report.add(examine_files(settings));
}

}  // namespace

int check(const CheckOptions& options) {
  Report report(options);
  std::vector<Examined> all;
  for (const RunScript& script : find_run_scripts()) all.push_back(find_examined(script, options));
  if (all.empty()) all.push_back(find_examined(std::nullopt, options));
  report.add(good("home: " + std::filesystem::current_path().string()));
  const bool has_greylisting = std::ranges::any_of(all, &Examined::greylists);
  for (const Examined& it : all) {
    const bool is_one_of_several = all.size() > 1;
    if (has_greylisting && !it.greylists()) {
      report.add(examine_service(it.service, it.user, is_one_of_several));
    } else {
      examine(it, is_one_of_several, report);
    }
  }
  return report.end();
}

}  // namespace greylisting::ctl
