#include "host/spp.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "judgement/session.h"
#include "mail/reply.h"
#include "process/deadline.h"

namespace greylisting::spp {
namespace {

// The host reads already; whoever does not within this time is not going to, and the log is to be told.
constexpr std::chrono::milliseconds kPatience{200};

constexpr std::string_view kErrorReply = "451 greylisting is out of order, please try again later (#4.3.0)";

// A command is one line, ended by LF alone: the host adds CR.
std::string command(std::string_view letters, std::string_view text) {
  return std::string(letters).append(text).append("\n");
}

std::string refuse(std::string_view reply) { return command("E", reply); }
std::string refuse_at_data(std::string_view reply) { return command("LD", reply); }

std::string add_header(std::string_view field) {
  std::string lines;
  while (!field.empty()) {
    const std::string_view line = field.substr(0, field.find('\n'));
    lines += command("H", line);
    field.remove_prefix(std::min(line.size() + 1, field.size()));
  }
  return lines;
}

std::string remember(const Transaction& transaction) {
  if (transaction.is_marked())
    return command("S", std::string(Transaction::kVariable) + '=' + transaction.value());
  return transaction.is_remembered ? command("U", Transaction::kVariable) : std::string();
}

// For the session's later RCPTs: `allowed lists/17`.
std::string remember_verdict(const Decision& decision) {
  if (!decision.holds_for_session) return {};
  return command("S", std::string(Session::kVerdictVariable) + '=' + std::string(name(decision.reason)) +
                          (decision.entry.empty() ? "" : " ") + decision.entry);
}

// A text of the decision's own, as an entry has one, or the setting's.
std::string_view reply_of(const Decision& decision, std::string_view of_setting) {
  const bool is_safe = is_reply(decision.reply, '4') || is_reply(decision.reply, '5');
  return is_safe ? decision.reply : of_setting;
}

bool can_wait_for_data(const Decision& decision, const Settings& settings, const Transaction& transaction) {
  return decision.reason != Reason::too_many && settings.stage == Stage::data && transaction.is_counted() &&
         transaction.accepted == 0 && !transaction.refused_at_data;
}

}  // namespace

bool adds_header(const Decision& decision, const Settings& settings, const Transaction& transaction) {
  return decision.reason == Reason::retried && settings.header != Header::off && settings.observe == 0 &&
         transaction.is_counted() && !transaction.has_header && !transaction.refused_at_data;
}

std::string commands(const Decision& decision, const Settings& settings, std::string_view recipient_domain,
                     Transaction transaction, std::string_view header_field) {
  if (settings.observe != 0) return {};
  std::string answer;
  switch (decision.outcome()) {
    case Outcome::accepted:
      if (!header_field.empty()) {
        answer = add_header(header_field);
        transaction.has_header = true;
      }
      break;
    case Outcome::deferred: {
      // DATA is going to be refused for it, where it has been.
      if (decision.reason == Reason::shared) break;
      const std::string reply =
          expand_reply(reply_of(decision, settings.defer_message), decision.left, recipient_domain);
      if (can_wait_for_data(decision, settings, transaction)) {
        answer = refuse_at_data(reply);
        transaction.refused_at_data = true;
      } else {
        answer = refuse(reply);
      }
      break;
    }
    case Outcome::rejected:
      answer =
          refuse(expand_reply(reply_of(decision, settings.reject_message), decision.left, recipient_domain));
      break;
  }
  // What comes after a refusal is not read any more.
  return remember(transaction) + remember_verdict(decision) + answer;
}

std::string commands_on_error(const Settings& settings) {
  return settings.on_error == OnError::defer && settings.observe == 0 ? refuse(kErrorReply) : std::string();
}

// Nobody reads any more when this fails, so there is nobody to tell.
void write(std::string_view commands) { write_within(STDOUT_FILENO, commands, kPatience); }

}  // namespace greylisting::spp
