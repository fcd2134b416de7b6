// greylisting-front: stands between tcpserver and qmail-smtpd, and judges by the client alone (README.md).
//
// A client that is known, or whatever is wrong, is qmail-smtpd's: this process becomes it. One that has to
// wait is led to its deferral by the SMTP that is spoken here, and recorded when it names its first
// recipient.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "host/decide.h"
#include "host/door.h"
#include "host/front.h"
#include "host/log.h"
#include "host/refusal.h"
#include "host/service_options.h"
#include "host/talk.h"
#include "judgement/session.h"
#include "mail/address.h"
#include "process/deadline.h"
#include "process/process.h"
#include "process/state_directory.h"
#include "process/successor.h"
#include "settings/control_file.h"
#include "settings/home.h"
#include "settings/settings.h"
#include "store/outage.h"

using namespace greylisting;

namespace {

constexpr std::chrono::seconds kIdle{60};      // of a client that says nothing
constexpr std::chrono::seconds kPatience{10};  // with one that does not read

// Where the store can be read and not written nobody would ever become known, so for this long all may pass.
constexpr std::string_view kCannotRecord = "front-cannot-record";
constexpr std::chrono::hours kUnrecorded{1};

constexpr const char* kUsage =
    "usage: greylisting-front [--home DIRECTORY] PROGRAM [ARGUMENT...]\n"
    "Becomes PROGRAM, qmail-smtpd, for a client that is known, and defers others. See "
    "greylisting-front(8).\n";

// One client, from its connection to its end or to its place with the host.
class Front {
 public:
  Front(const Successor& host, Log::To to)
      : host_(host), to_(to), log_(static_cast<LogLevel>(loaded_.settings.loglevel), to) {}

  /// Whether the client is the host's.
  bool lets_through();

  /// Speaks with it until it leaves or its time is over.
  void defer();

 private:
  std::string reply_to(const Envelope& envelope);
  Decided judge(const Door& door, Session& client);
  void keep_time() const;

  const Successor& host_;
  Log::To to_;
  Door::Clock::time_point start_ = Door::Clock::now();
  LoadedSettings loaded_ = front::load(std::getenv);
  Session client_ = front::client(std::getenv);
  Log log_;
  Outage cannot_record_{std::string(kStateDirectory), kCannotRecord, kUnrecorded};
  std::optional<Decided> decided_{};  // of the first recipient: as for the others, since none of them counts
};

bool Front::lets_through() {
  const Settings& settings = loaded_.settings;
  const bool defers = !refusal_on_error(settings).empty();
  const Answer on_error = defers ? Answer{.text = "421" + std::string(kOutOfOrder.substr(3)) + "\r\n"}
                                 : Answer{.successor = &host_};
  const Door door(loaded_, log_, on_error, start_);
  try {
    if (!loaded_.unusable.empty()) throw std::runtime_error(loaded_.unusable);
    const Decided decided =
        door.decide(client_, {}, settings.observe ? Recording::always : Recording::accepted);
    const Outcome outcome = decided.decision.outcome();
    if (outcome == Outcome::deferred && cannot_record_.failed_before()) {
      throw std::runtime_error(
          "the store could not be written, so new clients pass without a record; an earlier line of the log "
          "says what was wrong. greylistctl check");
    }
    if (outcome != Outcome::accepted && !settings.observe) return false;
    door.give({.successor = &host_});
    door.conclude(decided, client_, std::to_string(getpid()));
    return true;
  } catch (const std::exception& error) {
    if (!defers) door.give(on_error);
    door.give_up(error);
    return !defers;
  }
}

// Whatever keeps the process then, it ends.
void Front::keep_time() const {
  const auto end = start_ + front::most_time(std::getenv) + kPatience;
  end_silently_after(std::chrono::duration_cast<std::chrono::milliseconds>(end - Door::Clock::now()), {});
}

Decided Front::judge(const Door& door, Session& client) {
  if (const auto decision = decide_without_store(client, loaded_.settings)) return {*decision};
  if (decided_) return *decided_;
  try {
    decided_ = door.decide(client, {});
  } catch (const std::exception&) {
    cannot_record_.remember();
    throw;
  }
  cannot_record_.forget();
  return *decided_;
}

std::string Front::reply_to(const Envelope& envelope) {
  Session client = client_;
  client.recipients = envelope.recipients;
  const Door door(loaded_, log_, {.text = std::string(kOutOfOrder) + "\r\n"}, Door::Clock::now());
  try {
    if (!loaded_.unusable.empty()) throw std::runtime_error(loaded_.unusable);
    const Decided decided = judge(door, client);
    keep_time();
    client.helo = envelope.helo;
    client.sender = envelope.sender;
    client.recipient = envelope.recipient;
    door.conclude(decided, client, std::to_string(getpid()));
    // It has become known while it spoke.
    if (decided.decision.outcome() == Outcome::accepted) return "421 please connect again (#4.3.2)";
    return refusal(decided.decision, loaded_.settings, Address::recipient(client.recipient).domain());
  } catch (const std::exception& error) {
    keep_time();
    door.give_up(error);
    return std::string(kOutOfOrder);
  }
}

void Front::defer() {
  const auto end = start_ + front::most_time(std::getenv);
  const Log smtp_log(front::logs_talk(std::getenv) ? LogLevel::info : LogLevel::off, to_);
  Talk talk(
      own_name(), front::most_recipients(std::getenv),
      [this](const Envelope& envelope) { return reply_to(envelope); },
      [&](char direction, std::string_view line) {
        smtp_log.write(LogLevel::info, std::to_string(getpid()) + ' ' + client_.client + ' ' + direction +
                                           ' ' + std::string(line));
      });
  keep_time();
  write_within(STDOUT_FILENO, talk.greeting(), kPatience);
  while (!talk.is_over()) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Door::Clock::now());
    pollfd wanted{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const auto patience = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(0), kIdle);
    const int ready = poll(&wanted, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return write_within(STDOUT_FILENO, talk.time_is_over(), kPatience);
    std::array<char, 4096> some{};
    const ssize_t size = read(STDIN_FILENO, some.data(), some.size());
    if (size <= 0) return;
    write_within(STDOUT_FILENO, talk.take({some.data(), static_cast<std::size_t>(size)}), kPatience);
  }
}

// Whether the client is the host's, which it is when anything is wrong.
bool lets_through(const Successor& host, const std::string& home, Log::To to) {
  if (front::lets_through(std::getenv)) return true;
  try {
    go_home(home);
    Front front(host, to);
    if (front.lets_through()) return true;
    try {
      front.defer();
    } catch (const std::exception& error) {  // out of memory, say; the client has been spoken to
      Log(LogLevel::error, to).write(LogLevel::error, error.what());
    }
    return false;
  } catch (const std::exception& error) {
    Log(LogLevel::error, to).write(LogLevel::error, error.what());
    return true;
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  const ServiceOptions options = read_service_options(argc, argv, "greylisting-front", kUsage, true);
  if (options.status) return *options.status;
  const Successor host(options.rest);
  ignore_write_signals();
  const Log::To to = keep_log_out_of_answers() ? Log::To::syslog : Log::To::standard_error;
  if (!lets_through(host, options.home, to)) return 0;
  host.take_over();
  const std::string why = std::generic_category().message(errno);
  Log(LogLevel::error, to)
      .write(LogLevel::error, std::string(*options.rest) + ": cannot be executed (" + why +
                                  "); name qmail-smtpd, with its path, after greylisting-front");
  write_within(STDOUT_FILENO, "421 the mail server cannot be started (#4.3.0)\r\n", kPatience);
  return 111;
}
