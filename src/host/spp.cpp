#include "host/spp.h"

#include <algorithm>

#include "host/refusal.h"

namespace greylisting::spp {
namespace {

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

bool can_wait_for_data(const Decision& decision, const Settings& settings, const Transaction& transaction) {
  return decision.reason != Reason::too_many && settings.stage == Stage::data && transaction.is_counted() &&
         transaction.accepted == 0 && !transaction.refused_at_data;
}

}  // namespace

std::string commands(const Decision& decision, const Settings& settings, std::string_view recipient_domain,
                     Transaction transaction, std::string_view header_field) {
  if (settings.observe) return {};
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
      const std::string reply = refusal(decision, settings, recipient_domain);
      if (can_wait_for_data(decision, settings, transaction)) {
        answer = refuse_at_data(reply);
        transaction.refused_at_data = true;
      } else {
        answer = refuse(reply);
      }
      break;
    }
    case Outcome::rejected:
      answer = refuse(refusal(decision, settings, recipient_domain));
      break;
  }
  transaction.has_earned = decision.earns == Earns::pass && transaction.is_counted();
  // What comes after a refusal is not read any more.
  return remember(transaction) + answer;
}

std::string commands_on_error(const Settings& settings) {
  const std::string reply = refusal_on_error(settings);
  return reply.empty() ? reply : refuse(reply);
}

}  // namespace greylisting::spp
