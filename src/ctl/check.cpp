#include <fstream>
#include <iostream>

#include "../administration.h"
#include "../printable.h"
#include "../process.h"
#include "commands.h"

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
  return Attempt::from({.client = "192.0.2.1",
                        .client_name = "",
                        .helo = "",
                        .sender = "check@greylisting.invalid",
                        .recipient = "check@greylisting.invalid"},
                       settings);
}

Finding rehearse(Administration& administration, const Settings& settings) {
  const Decision decision = administration.rehearse(throw_away_attempt(settings));
  const std::string text = "decision: a triplet never seen before is " +
                           std::string(name(decision.outcome())) + " (" + std::string(name(decision.reason)) +
                           "); nothing of it was kept";
  if (decision.reason == Reason::unseen) return {Finding::State::good, text};
  return {Finding::State::warning, text,
          decision.reason == Reason::not_listed
              ? "that is as it should be with explicit=1"
              : "see which entry decides: SELECT * FROM greylisting_lists WHERE id = " +
                    std::to_string(decision.entry)};
}

}  // namespace

int check(const LoadedSettings& loaded) {
  using State = Finding::State;
  const Settings& settings = loaded.settings;
  Report report;
  for (const Problem& problem : loaded.problems) report.add({State::warning, problem});
  if (loaded.problems.empty()) report.add({State::good, "settings: no problems"});
  for (const auto& [key, value] : settings.rows())
    std::cout << "           " << key << " = " << value << '\n';
  report.add(look_at_smtpplugins());

  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  if (!is_mysql) become_owner_of(settings.sqlite_file);
  const std::string as_user = ", as " + effective_user();
  try {
    const auto administration = open_administration(settings);
    report.add({State::good, (is_mysql ? "store: connected as " + settings.mysql_default_file + " says"
                                       : "store: opened " + settings.sqlite_file) +
                                 as_user});
    for (const Finding& finding : administration->examine()) report.add(finding);
    if (report.works()) report.add(rehearse(*administration, settings));
  } catch (const StoreError& error) {
    report.add({State::bad, error.what() + as_user});
  }
  std::cout << (report.works() ? "This installation works.\n"
                               : "This installation does not work; mail passes.\n");
  return report.works() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
