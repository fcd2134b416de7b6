#include "host/door.h"

#include <algorithm>
#include <ctime>
#include <string>
#include <utility>
#include <vector>

#include "host/spf.h"
#include "process/deadline.h"
#include "store/open_store.h"

namespace greylisting {

Door::Door(const LoadedSettings& loaded, Log log, Answer answer_on_error, Clock::time_point start, Spf spf)
    : loaded_(loaded),
      log_(log),
      journal_(loaded.settings),
      answer_on_error_(std::move(answer_on_error)),
      start_(start),
      spf_(loaded.settings.spf == Spf::automatic ? spf : loaded.settings.spf) {}

// A deferral is all that a sender's domain could change. Nobody is asked for the null sender's.
bool Door::checks_spf(const Session& session, const Decision& decision) const {
  return spf_ == Spf::check && session.spf_result.empty() && !session.sender.empty() &&
         decision.outcome() == Outcome::deferred;
}

Decided Door::decide(Session& session, const Transaction& transaction, Recording recording) const {
  const Settings& settings = loaded_.settings;
  if (const auto decision = decide_without_store(session, settings)) return {*decision};
  std::string last_words;
  for (const auto* problems : {&loaded_.problems, &loaded_.warnings}) {
    for (const Problem& problem : *problems) last_words += log_.line(LogLevel::warning, problem);
  }
  last_words +=
      log_.line(LogLevel::error, "no decision within timeout=" + std::to_string(settings.timeout.count()) +
                                     " ms; the store is slow or does not answer: greylistctl check");
  Deadline deadline(start_ + settings.timeout, std::move(last_words), answer_on_error_);
  journal_.add_when_over(journal_line(session, settings), deadline);
  Attempt attempt = Attempt::from(session, settings, transaction);
  auto store = open_store(settings, deadline);
  Decided decided = greylisting::decide(*store, attempt, session, settings);
  if (checks_spf(session, decided.decision)) {
    store.reset();  // which others may need while DNS is waited for
    std::vector<std::string> problems;
    session.spf_result = spf_result(session, attempt.triplet.client, settings,
                                    Clock::now() + deadline.remaining() / 2, problems);
    store = open_store(settings, deadline);
    if (session.spf_result == "pass") {  // any other vouches for nobody
      attempt = Attempt::from(session, settings, transaction);
      decided = greylisting::decide(*store, attempt, session, settings);
    }
    decided.problems.insert(decided.problems.end(), problems.begin(), problems.end());
  }
  record(*store, attempt, decided, recording);
  return decided;
}

// The host reads already; whoever does not within this time is not going to, and the log is to be told.
void Door::give(const Answer& answer) const {
  constexpr std::chrono::milliseconds kPatience{200};
  end_silently_after(time_left(), answer);
  write_answer(answer, kPatience);
}

std::chrono::milliseconds Door::time_left() const {
  constexpr std::chrono::milliseconds kAtLeast{100};
  const auto left = start_ + loaded_.settings.timeout - Clock::now();
  return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left), kAtLeast);
}

void Door::conclude(const Decided& decided, const Session& session, const std::string& session_name) const {
  journal_.add(journal_line(decided.decision, session, loaded_.settings));
  warn();
  log_.warn(decided.problems);
  if (!log_.writes(LogLevel::info)) return;
  log_.write(
      LogLevel::info,
      describe(decided.decision, session,
               {.time = std::time(nullptr),
                .session = session_name,
                .elapsed = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_),
                .is_observed = loaded_.settings.observe}));
}

void Door::give_up(const std::exception& error) const {
  journal_.add({.time = std::time(nullptr)});
  warn();
  log_.write(LogLevel::error, error.what());
}

void Door::warn() const {
  log_.warn(loaded_.problems);
  log_.warn(loaded_.warnings);
}

}  // namespace greylisting
