// greylisting-policy: Postfix's policy service, on standard input and output, for one connection (README.md).
//
// What starts it (spawn(8), a socket unit, tcpserver) starts one for each connection, so that what goes wrong
// costs one request, and nothing is kept from one connection to the next.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "host/decide.h"
#include "host/door.h"
#include "host/header.h"
#include "host/log.h"
#include "host/outgoing.h"
#include "host/policy.h"
#include "host/service_options.h"
#include "judgement/decision.h"
#include "judgement/session.h"
#include "judgement/transaction.h"
#include "process/deadline.h"
#include "process/process.h"
#include "settings/control_file.h"
#include "settings/home.h"
#include "settings/settings.h"
#include "text/number.h"

using namespace greylisting;

namespace {

// Postfix keeps a connection that it does not use for 300 s, and is to be the one that ends it.
constexpr std::chrono::seconds kIdle{310};
constexpr std::chrono::seconds kPatience{1};  // of an answer that nobody reads

constexpr const char* kUsage =
    "usage: greylisting-policy [--home DIRECTORY]\n"
    "Answers the policy requests of a mail server on standard input. See greylisting-policy(8).\n";

// The message that the last request was about: what its next recipients have to know.
struct Message {
  std::string instance{};
  Transaction transaction{};

  // `so_far` where the host counts itself, as Exim does, whose connection is for one recipient.
  void count(std::string_view of, unsigned long so_far) {
    if (of.empty() || of != instance) *this = {.instance = std::string(of)};
    transaction.tried = std::max(transaction.tried + 1, so_far);
  }
};

void serve(const policy::Request& request, Message& message, Log::To log) {
  if (!request.is_greylisted()) {
    write_within(STDOUT_FILENO, policy::kNoOpinion, kPatience);
    if (request.is_outgoing())
      note_outgoing(std::string(request.value_of("sender")), std::string(request.value_of("recipient")), log);
    return;
  }
  const auto start = Door::Clock::now();
  const LoadedSettings loaded = load_settings(std::getenv);
  const Settings& settings = loaded.settings;
  const Answer on_error{.text = policy::answer_on_error(settings)};
  const Door door(loaded, Log(static_cast<LogLevel>(settings.loglevel), log), on_error, start, Spf::check);
  try {
    if (!loaded.unusable.empty()) throw std::runtime_error(loaded.unusable);
    message.count(request.value_of("instance"),
                  number_of<unsigned long>(request.value_of("recipient_count")).value_or(0));
    Session session = request.session();
    session.recipients = static_cast<unsigned>(message.transaction.tried);
    const Decided decided = door.decide(session, message.transaction);
    const Decision& decision = decided.decision;
    std::string header;
    if (adds_header(decision, settings, message.transaction)) {
      header = delay_header(settings.header, decision.age, own_name(), std::time(nullptr));
      message.transaction.has_header = true;
    }
    write_within(STDOUT_FILENO, policy::answer(request, decision, settings, header), door.time_left());
    door.conclude(decided, session, message.instance);
  } catch (const std::exception& error) {
    write_within(STDOUT_FILENO, on_error.text, door.time_left());
    door.give_up(error);
  }
}

// Without its home there are no settings: mail passes, and the log says why.
void serve_all(const std::string& home, Log::To to) {
  const Log log(LogLevel::error, to);
  policy::Requests requests(STDIN_FILENO);
  Message message;
  bool is_home = true;
  try {
    go_home(home);
  } catch (const std::exception& error) {
    is_home = false;
    log.write(LogLevel::error, error.what());
  }
  while (const auto request = requests.next(kIdle)) {
    try {
      if (is_home) {
        serve(*request, message, to);
        continue;
      }
    } catch (const std::exception& error) {  // out of memory, say
      log.write(LogLevel::error, error.what());
    }
    write_within(STDOUT_FILENO, policy::kNoOpinion, kPatience);
  }
}

}  // namespace

int main(int argc, char* argv[]) {
  open_standard_streams();
  const ServiceOptions options = read_service_options(argc, argv, "greylisting-policy", kUsage, false);
  if (options.status) return *options.status;
  ignore_write_signals();
  ignore_ended_children();
  const Log::To to = keep_log_out_of_answers() ? Log::To::syslog : Log::To::standard_error;
  try {
    serve_all(options.home, to);
  } catch (const std::exception& error) {  // what came was no request
    Log(LogLevel::error, to).write(LogLevel::error, error.what());
    return 1;
  }
  return 0;
}
