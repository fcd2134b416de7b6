#include "host/outgoing.h"

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <string_view>

#include "host/rcptcheck.h"
#include "mail/expectation.h"
#include "process/deadline.h"
#include "settings/own_domains.h"
#include "settings/settings.h"
#include "store/open_store.h"

namespace greylisting {
namespace {

// More than are open at any time.
constexpr int kMostFiles = 64;

void take_away(int first, int last) {
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int stream = first; stream <= last; ++stream) {
    if (nothing >= 0) {
      dup2(nothing, stream);
    } else {
      close(stream);
    }
  }
  if (nothing > STDERR_FILENO) close(nothing);
}

void note(const std::string& sender, const std::string& recipient, Log::To to) {
  const LoadedSettings loaded = load_settings(std::getenv);
  const Settings& settings = loaded.settings;
  if (settings.answers.count() == 0 || !loaded.unusable.empty()) return;
  const auto is_here = [](std::string_view domain) { return is_own(domain, own_domains()); };
  const auto answers = expected_answers(sender, recipient, Fingerprinter(settings.privacy_key), is_here);
  if (answers.empty()) return;
  const Log log(static_cast<LogLevel>(settings.loglevel), to);
  const std::string failure = "an answer that is to be expected could not be noted: ";
  try {
    Deadline deadline(
        std::chrono::steady_clock::now() + settings.timeout,
        log.line(LogLevel::error, failure + "the store is slow or does not answer; greylistctl check"),
        Answer{});
    open_store(settings, deadline)->expect(answers, settings.answers);
  } catch (const std::exception& error) {
    log.write(LogLevel::error, failure + error.what());
  }
}

// In a process that was started for it, and has given up what its host waits for.
[[noreturn]] void note_and_end(const std::string& sender, const std::string& recipient, Log::To log) {
  setsid();
  for (int file = STDERR_FILENO + 1; file < kMostFiles; ++file) close(file);
  try {
    note(sender, recipient, log);
  } catch (const std::exception&) {
    _exit(0);  // out of memory, say
  }
  _exit(0);
}

}  // namespace

void note_outgoing(const std::string& sender, const std::string& recipient, Log::To log) {
  if (sender.empty() || recipient.empty() || fork() != 0) return;
  take_away(STDIN_FILENO, STDOUT_FILENO);
  note_and_end(sender, recipient, log);
}

// Where no process may be started (RLIMIT_NPROC), this one does it, and the host waits.
void note_outgoing(const Environment& environment) {
  const Environment of_spp =
      rcptcheck::is_asked(environment) ? rcptcheck::as_of_spp(environment) : environment;
  const auto value = [&of_spp](const char* variable) {
    const char* const text = of_spp(variable);
    return std::string(text == nullptr ? "" : text);
  };
  const std::string sender = value("SMTPMAILFROM");
  const std::string recipient = value("SMTPRCPTTO");
  if (sender.empty() || recipient.empty()) return;
  take_away(STDIN_FILENO, STDOUT_FILENO);
  if (fork() <= 0) note_and_end(sender, recipient, Log::To::standard_error);
}

}  // namespace greylisting
