// door: one recipient from its settings to its line in the log, the same wherever it is asked for. How the
// session is read and how the answer is written is the door's own (spp.h, policy.h, talk.h).
#pragma once

#include <chrono>
#include <exception>
#include <string>

#include "host/decide.h"
#include "host/journal.h"
#include "host/log.h"
#include "judgement/session.h"
#include "judgement/transaction.h"
#include "process/deadline.h"
#include "settings/settings.h"

namespace greylisting {

class Door {
 public:
  using Clock = std::chrono::steady_clock;

  /// `start` is when the recipient was asked for, from which `timeout` counts; `answer_on_error` is given
  /// when that is over. `spf` is who checks SPF where no setting says it.
  Door(const LoadedSettings& loaded, Log log, Answer answer_on_error, Clock::time_point start,
       Spf spf = Spf::host);

  /// Takes no longer than the time budget: when that is over, the process ends with the answer for errors.
  /// The session gets the result of SPF where that is checked here. Throws StoreError, and std::runtime_error
  /// with the remedy for what the session says.
  Decided decide(Session& session, const Transaction& transaction,
                 Recording recording = Recording::always) const;

  /// Gives the answer. What is left of the budget is for it and for what comes after it, which is nothing
  /// where nobody keeps it waiting; when that is over, the process ends.
  void give(const Answer& answer) const;
  std::chrono::milliseconds time_left() const;

  /// Into log and journal, after the answer: a disk or a log may never take what it is given, and is not
  /// waited for. `session_name` is the log line's `session`.
  void conclude(const Decided& decided, const Session& session, const std::string& session_name) const;
  void give_up(const std::exception& error) const;

 private:
  bool checks_spf(const Session& session, const Decision& decision) const;
  void warn() const;

  const LoadedSettings& loaded_;
  Log log_;
  Journal journal_;
  Answer answer_on_error_;
  Clock::time_point start_;
  Spf spf_;
};

}  // namespace greylisting
