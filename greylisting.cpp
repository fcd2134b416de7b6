// greylisting: a qmail-spp plugin that qmail-smtpd starts at every RCPT (README.md).
//
// The exit status is 0 in every case: the host ignores any other, or fails the session. What breaks is said
// on standard error, and the mail passes, or is deferred with on_error=defer.

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "host/header.h"
#include "host/journal.h"
#include "host/log.h"
#include "host/spp.h"
#include "judgement/judge.h"
#include "judgement/transaction.h"
#include "process/deadline.h"
#include "process/hand_over.h"
#include "process/process.h"
#include "settings/control_file.h"
#include "store/stores.h"

using namespace greylisting;

namespace {

using Clock = std::chrono::steady_clock;

// As lines of the log.
std::string warnings(const LoadedSettings& loaded, const Log& log) {
  std::string lines;
  for (const Problem& problem : loaded.problems) lines += log.line(LogLevel::warning, problem);
  for (const Problem& warning : loaded.warnings) lines += log.line(LogLevel::warning, warning);
  return lines;
}

// Takes no longer than the time budget: when that is over, the process ends with the answer for errors.
Judged decide(const Session& session, const Transaction& transaction, const LoadedSettings& loaded,
              const Log& log, const Journal& journal, Clock::time_point start) {
  const Settings& settings = loaded.settings;
  if (const auto decision = judge_at_the_door(session, settings, transaction)) return {*decision};
  const std::string overdue = "no decision within timeout=" + std::to_string(settings.timeout) +
                              " ms; the store is slow or does not answer: greylistctl check";
  Deadline deadline(start + std::chrono::milliseconds(settings.timeout),
                    warnings(loaded, log) + log.line(LogLevel::error, overdue),
                    spp::commands_on_error(settings));
  journal.add_when_over({.time = std::time(nullptr)}, deadline);
  const Attempt attempt = Attempt::from(session, settings, transaction);
  return judge(*open_store(settings, deadline), attempt, session, settings);
}

// For what comes after the decision, which is nothing where nobody keeps it waiting.
std::chrono::milliseconds time_left(Clock::time_point start, const Settings& settings) {
  constexpr std::chrono::milliseconds kAtLeast{100};
  const auto left = start + std::chrono::milliseconds(settings.timeout) - Clock::now();
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left), kAtLeast);
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
  auto start = Clock::now();
  open_standard_streams();
  ignore_write_signals();

  LoadedSettings loaded;
  const Settings& settings = loaded.settings;
  // The answer goes first: a disk or a log may never take what it is given, and is not waited for.
  try {
    loaded = load_settings(std::getenv);
    const Log log(static_cast<LogLevel>(settings.loglevel));
    // Not a new start: some of the time is over.
    if (const auto end = handed_over({argv, static_cast<std::size_t>(argc)}))
      start = std::min(start, *end - std::chrono::milliseconds(settings.timeout));
    if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);

    const Session session = Session::from(std::getenv);
    const Transaction transaction = Transaction::from(std::getenv);
    const Journal journal(settings);
    const auto [decision, problems] = decide(session, transaction, loaded, log, journal, start);
    end_silently_after(time_left(start, settings));
    answer(decision, session, transaction, settings);
    journal.add(journal_line(decision));
    log.warn(loaded.problems);
    log.warn(loaded.warnings);
    log.warn(problems);
    log.write(LogLevel::info, describe(decision, session, circumstances(start, settings)));
  } catch (const std::exception& error) {
    end_silently_after(time_left(start, settings));
    spp::write(spp::commands_on_error(settings));
    Journal(settings).add({.time = std::time(nullptr)});
    const Log log(static_cast<LogLevel>(settings.loglevel));
    log.warn(loaded.problems);
    log.warn(loaded.warnings);
    log.write(LogLevel::error, error.what());
  }
  return 0;
}
