// The order in which an installation is looked at: settings, host, user, files, one attempt, store, lists.

#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

#include "ctl/check/database.h"
#include "ctl/check/files.h"
#include "ctl/check/host.h"
#include "ctl/check/policy.h"
#include "ctl/check/report.h"
#include "ctl/check/trial.h"
#include "ctl/check/user.h"
#include "ctl/commands.h"
#include "ctl/lists/check_lists.h"
#include "process/process.h"
#include "process/state_directory.h"
#include "store/administration.h"
#include "store/outage.h"

namespace greylisting::ctl {
namespace {

// Which remedy others are given who meet an error that nobody has a word for.
constexpr std::string_view kSendsBack = "greylistctl check";

Finding finding_of(const std::string& where, const StoreError& error) {
  const bool sends_back = error.remedy().find(kSendsBack) != std::string::npos;
  return problem(where + error.problem(),
                 sends_back ? "see what the database's own log says of this error" : error.remedy());
}

void look_at_settings(const LoadedSettings& loaded, Report& report) {
  if (!loaded.unusable.empty()) report.add(problem(loaded.unusable));
  for (const Problem& text : loaded.problems) report.add(problem(text));
  for (const Problem& text : loaded.warnings) report.add(warning(text, ""));
  if (access(loaded.file.c_str(), F_OK) != 0) {
    report.add(good("settings: there is no " + loaded.file + ", so each has its default"));
  } else {
    report.add(good("settings, as " + loaded.file + " and the GL variables of this shell have them"));
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

void look_at_user(const SmtpdUser& user, Report& report) {
  const std::string text = std::string("user: ") + (is_policy_host() ? "greylisting-policy" : "qmail-smtpd") +
                           " is taken to run as " + user.name + ", " + user.how;
  if (user.is_within_reach()) {
    report.add(good(text));
  } else {
    report.add(warning(text + "; this is " + effective_user() + ", as whom it is tried", "run it as root"));
  }
}

Trial look_at_plugin(const Host& host, const SmtpdUser& user, const LoadedSettings& loaded, Report& report) {
  if (host.plugin.empty()) return {};
  Trial trial = try_plugin(host.plugin.front(), user, loaded);
  report.add(trial.findings);
  return trial;
}

// Opening the file would make it, and where its directory is not as it should be, as another user's.
bool is_out_of_place(const Settings& settings, const std::vector<Finding>& about_files) {
  return settings.store_kind() == StoreKind::sqlite && !about_files.empty() &&
         access(settings.sqlite_file.c_str(), F_OK) != 0;
}

void look_at_store(const Settings& settings, const Trial& trial, const SmtpdUser& user, Report& report) {
  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  // With MySQL the tool's option file may be root's, so root connects first.
  const auto administration = open_administration(settings);
  report.add(good(is_mysql ? "store: connected as " + settings.admin_option_file() + " says"
                           : "store: opened " + settings.sqlite_file));
  if (trial.recorded) report.add(remove_record(trial, *administration, user));
  report.add(administration->examine());
  report.add(examine_entries(*administration, settings));
  if (is_mysql) report.add(examine_database(settings));
}

}  // namespace

int check(const LoadedSettings& loaded, const CheckOptions& options) {
  const Settings& settings = loaded.settings;
  Report report(options);
  const SmtpdUser user = find_user(options.user, settings);
  if (!options.user.empty() && !user.is_within_reach())
    throw UsageError("only root can try what " + user.name + " may do; run it as root, or leave out --user");
  look_at_settings(loaded, report);
  look_at_user(user, report);

  const SmtpdUser tried = user.is_within_reach() ? user : this_user();
  const Host host = is_policy_host() ? examine_policy_host() : examine_host(tried);
  report.add(host.findings);
  const std::vector<Finding> about_files = examine_files_of(user, loaded);
  report.add(about_files);
  if (settings.store_kind() == StoreKind::mysql) {
    report.add(examine_option_files(settings));
    look_at_outage(!host.plugin.empty(), report);
  }
  const Trial trial = look_at_plugin(host, tried, loaded, report);
  if (loaded.unusable.empty()) {
    try {
      if (!is_out_of_place(settings, about_files)) look_at_store(settings, trial, tried, report);
    } catch (const StoreError& error) {
      report.add(finding_of("store, as " + effective_user() + ": ", error));
    }
    {
      const ActingAs smtpd(tried);
      report.add(examine_files(settings));
    }
  }
  return report.end();
}

}  // namespace greylisting::ctl
