#include "ctl/attempt_words.h"

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/print/typed_command.h"
#include "lists/listed_network.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

std::string address_of(const std::string& word) {
  if (IpAddress::parse(word) || Network::parse(word))
    throw UsageError('"' + one_line(word) + "\" is not a mail address; the order is IP SENDER RECIPIENT");
  return address_meant_by(word);
}

std::string shown(const std::string& address) { return address.empty() ? "<>" : printable(address); }

}  // namespace

Session session_of(const AttemptWords& words) {
  if (words.triplet.size() != 3)
    throw UsageError("an attempt is IP SENDER RECIPIENT; the null sender is '<>'");
  const std::string client = without_brackets(words.triplet[0]);
  if (!IpAddress::parse(client)) {
    throw UsageError('"' + one_line(client) +
                     "\" is not an IP address; the order is IP SENDER RECIPIENT, as in: 192.0.2.7 "
                     "alice@example.net bob@example.org");
  }
  Session session{.client = client,
                  .client_name = words.host,
                  .helo = words.helo,
                  .sender = address_of(words.triplet[1]),
                  .recipient = address_of(words.triplet[2]),
                  .spf_result = words.spf};
  session.recipients = words.recipients;
  if (session.recipient.empty()) throw UsageError("the recipient is empty; only a sender can be null");
  return session;
}

std::string command_on(const char* subcommand, const Session& session) {
  return TypedCommand(subcommand)
      .option("--host", session.client_name)
      .option("--helo", session.helo)
      .option("--spf", session.spf_result)
      .with({session.client, shown(session.sender), shown(session.recipient)});
}

std::string in_words(const Session& session) {
  return session.client + ' ' + shown(session.sender) + " -> " + printable(session.recipient);
}

Decided would_decide(Administration& administration, const Session& session, const Settings& settings) {
  if (const auto decision = decide_without_store(session, settings)) return {.decision = *decision};
  return decide(administration.store(), Attempt::from(session, settings), session, settings);
}

}  // namespace greylisting::ctl
