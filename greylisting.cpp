// greylisting: a qmail-spp plugin that qmail-smtpd starts at every RCPT (README.md).
//
// It answers on standard output, and ends with status 0 in every case: the host ignores any other, or fails
// the session. Named in RCPTCHECK, it answers by its status. What breaks is said on standard error, and the
// mail passes, or is deferred with on_error=defer.

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>

#include "host/door.h"
#include "host/log.h"
#include "host/outgoing.h"
#include "host/qmail.h"
#include "judgement/session.h"
#include "process/deadline.h"
#include "process/hand_over.h"
#include "process/process.h"
#include "settings/settings.h"

using namespace greylisting;

namespace {

// The exit status. `end` is when the time budget is over, where some of it is over already.
int decide(Door::Clock::time_point start, std::optional<Door::Clock::time_point> end) {
  const Qmail host(std::getenv);
  const LoadedSettings loaded = load_settings(std::getenv);
  const Settings& settings = loaded.settings;
  if (end) start = std::min(start, *end - settings.timeout);
  const Answer on_error = host.answer_on_error(settings);
  const Door door(loaded, Log(static_cast<LogLevel>(settings.loglevel)), on_error, start);
  try {
    if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);
    Session session = host.session();
    const Decided decided = door.decide(session, host.transaction());
    const Answer answer = host.answer(decided.decision, session, settings);
    door.give(answer);
    door.conclude(decided, session, std::to_string(getppid()));
    return answer.status;
  } catch (const std::exception& error) {
    door.give(on_error);
    door.give_up(error);
    return on_error.status;
  }
}

}  // namespace

int main(int argc, char* argv[]) {
  if (!Session::is_greylisted(std::getenv)) {
    if (Session::is_outgoing(std::getenv)) note_outgoing(std::getenv);
    return 0;
  }
  const auto start = Door::Clock::now();
  open_standard_streams();
  ignore_write_signals();
  try {
    return decide(start, handed_over({argv, static_cast<std::size_t>(argc)}));
  } catch (const std::exception& error) {  // out of memory, say
    Log(LogLevel::error).write(LogLevel::error, error.what());
  }
  return 0;
}
