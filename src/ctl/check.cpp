#include <fstream>
#include <iostream>
#include <string>

#include "ctl/commands.h"
#include "ctl/lists/check_lists.h"
#include "host/decide.h"
#include "process/process.h"
#include "process/state_directory.h"
#include "store/administration.h"
#include "store/outage.h"

namespace greylisting::ctl {
namespace {

// Prints findings as they come and remembers whether one of them is bad.
class Report {
 public:
  void add(const Finding& finding) {
    using State = Finding::State;
    std::cout << (finding.state == State::good      ? "ok       "
                  : finding.state == State::warning ? "warning  "
                                                    : "PROBLEM  ")
              << finding.text << '\n';
    if (!finding.remedy.empty()) std::cout << "         -> " << finding.remedy << '\n';
    works_ = works_ && finding.state != State::bad;
  }

  bool works() const { return works_; }

 private:
  bool works_ = true;
};

Finding look_at_smtpplugins() {
  const std::string remedy = "list plugins/greylisting under [rcpt]: config/smtpplugins";
  std::ifstream file("control/smtpplugins");
  if (!file) return {Finding::State::warning, "control/smtpplugins: cannot be read", remedy};
  bool under_rcpt = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('[')) {
      under_rcpt = line.size() > 1 && (line[1] == 'r' || line[1] == 'R');
    } else if (under_rcpt && !line.starts_with('#') && line.find("greylisting") != std::string::npos) {
      return {Finding::State::good, "control/smtpplugins: lists the plugin under [rcpt]"};
    }
  }
  return {Finding::State::warning, "control/smtpplugins: does not list the plugin under [rcpt]", remedy};
}

// Nobody's: the addresses are set aside for documentation (RFC 5737, RFC 2606).
Attempt throw_away_attempt(const Settings& settings) {
  return Attempt::from({.client = "198.51.100.1",
                        .client_name = "",
                        .helo = "",
                        .sender = "check@greylisting.invalid",
                        .recipient = "check@greylisting.invalid"},
                       settings);
}

// What the plugin remembers of a database it could not reach, and how to have it forget.
void look_at_outage(Report& report) {
  Outage outage{std::string(kStateDirectory)};
  if (const auto ago = outage.failed_before()) {
    report.add({Finding::State::warning,
                "plugin: could not reach the database " + std::to_string(ago->count()) +
                    " s ago; it tries again every " + std::to_string(Outage::kPause.count()) + " s",
                "rm " + outage.file() + " to have it try at once"});
  }
}

Finding rehearse(Administration& administration, const Settings& settings) {
  const Decision decision =
      decide(administration.store(), throw_away_attempt(settings), {}, settings).decision;
  const std::string text = "decision, as " + effective_user() + ": a triplet never seen before is " +
                           std::string(name(decision.outcome())) + " (" + std::string(name(decision.reason)) +
                           "); nothing of it was kept";
  switch (decision.reason) {
    case Reason::unseen:
      return {Finding::State::good, text};
    case Reason::not_listed:
      return {Finding::State::good, text + ", as it should be with explicit=1"};
    default:
      return {Finding::State::warning, text,
              decision.entry.empty()
                  ? "see who is trusted and trapped: greylistctl list trusted, list trapped"
                  : "see which entry decides: greylistctl list shows " + decision.entry};
  }
}

void look_at_store(const Settings& settings, Report& report) {
  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  if (is_mysql) look_at_outage(report);
  // With MySQL the tool's option file may be root's, so root connects first.
  const auto administration = open_administration(settings);
  report.add({Finding::State::good, is_mysql ? "store: connected as " + settings.admin_option_file() + " says"
                                             : "store: opened " + settings.sqlite_file});
  become_owner_of(std::string(kStateDirectory) + "/.");
  for (const Finding& finding : administration->examine()) report.add(finding);
  for (const Finding& finding : examine_entries(*administration, settings)) report.add(finding);
  for (const Finding& finding : examine_files(settings)) report.add(finding);
  report.add(rehearse(*administration, settings));
}

}  // namespace

int check(const LoadedSettings& loaded) {
  using State = Finding::State;
  Report report;
  if (!loaded.unusable.empty()) report.add({State::bad, loaded.unusable});
  for (const Problem& problem : loaded.problems) report.add({State::bad, problem});
  for (const Problem& warning : loaded.warnings) report.add({State::warning, warning});
  report.add({State::good, "settings, as " + loaded.file + " and the GL variables of this shell have them:"});
  for (const auto& [key, value] : loaded.settings.rows())
    std::cout << "           " << key << " = " << value << '\n';
  report.add(look_at_smtpplugins());
  try {
    if (loaded.unusable.empty()) look_at_store(loaded.settings, report);
  } catch (const StoreError& error) {
    report.add({State::bad, "store, as " + effective_user() + ": " + error.problem(), error.remedy()});
  }
  std::cout << (report.works() ? "This installation works.\n"
                               : "This installation does not work as it should.\n");
  return report.works() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
