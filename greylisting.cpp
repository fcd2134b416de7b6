// greylisting: a qmail-spp plugin that qmail-smtpd starts at every RCPT (README.md).
//
// The exit status is 0 in every case: the host ignores any other, or fails the session. What breaks is said
// on standard error, and the mail passes, or is deferred with on_error=defer.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <stdexcept>
#include <string>

#include "host/decide.h"
#include "host/header.h"
#include "host/journal.h"
#include "host/log.h"
#include "host/spp.h"
#include "judgement/transaction.h"
#include "process/deadline.h"
#include "process/hand_over.h"
#include "process/process.h"
#include "settings/control_file.h"
#include "store/stores.h"

using namespace greylisting;

namespace {

// Takes no longer than the time budget: when that is over, the process ends with the answer for errors.
Decided judged(const Session& session, const Transaction& transaction, const Settings& settings,
               const Log& log, const Journal& journal, std::chrono::steady_clock::time_point start) {
  if (const auto decision = decide_without_store(session, settings)) return {*decision};
  const std::string overdue = "no decision within timeout=" + std::to_string(settings.timeout.count()) +
                              " ms; the store is slow or does not answer: greylistctl check";
  Deadline deadline(start + settings.timeout, log.line(LogLevel::error, overdue),
                    spp::commands_on_error(settings));
  journal.add_when_over({.time = std::time(nullptr)}, deadline);
  const Attempt attempt = Attempt::from(session, settings, transaction);
  return decide_and_record(*open_store(settings, deadline), attempt, session, settings);
}

// Carries the decision out.
void answer(const Decision& decision, const Session& session, const Transaction& transaction,
            const Settings& settings) {
  const std::string header = spp::adds_header(decision, settings, transaction)
                                 ? delay_header(settings.header, decision.age, own_name(), std::time(nullptr))
                                 : std::string();
  const Address recipient = Address::recipient(session.recipient);
  spp::write(spp::commands(decision, settings, recipient.domain(), transaction, header));
}

}  // namespace

int main(int argc, char* argv[]) {
  if (!Session::is_greylisted(std::getenv)) return 0;
  auto start = std::chrono::steady_clock::now();
  open_standard_streams();
  ignore_write_signals();

  LoadedSettings loaded;
  const Settings& settings = loaded.settings;
  try {
    loaded = load_settings(std::getenv);
    const Log log(static_cast<LogLevel>(settings.loglevel));
    if (const auto end = handed_over({argv, static_cast<std::size_t>(argc)})) {
      // Not a new start: what is wrong with the settings has been said, and some of the time is over.
      start = std::min(start, *end - settings.timeout);
    } else {
      for (const Problem& problem : loaded.problems) log.write(LogLevel::warning, problem);
      for (const Problem& warning : loaded.warnings) log.write(LogLevel::warning, warning);
    }
    if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);

    const Session session = Session::from(std::getenv);
    const Transaction transaction = Transaction::from(std::getenv);
    const Journal journal(settings);
    const Decided decided = judged(session, transaction, settings, log, journal, start);
    const Decision& decision = decided.decision;
    answer(decision, session, transaction, settings);
    journal.add(journal_line(decision));
    for (const Problem& problem : decided.problems) log.write(LogLevel::warning, problem);
    if (log.writes(LogLevel::info)) {
      log.write(LogLevel::info, describe(decision, session, circumstances(start, settings)));
    }
  } catch (const std::exception& error) {
    spp::write(spp::commands_on_error(settings));
    Log(static_cast<LogLevel>(settings.loglevel)).write(LogLevel::error, error.what());
    Journal(settings).add({.time = std::time(nullptr)});
  }
  return 0;
}
