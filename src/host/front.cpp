#include "host/front.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "mail/reply.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::front {
namespace {

constexpr unsigned kRecipients = 100;  // RFC 5321, section 4.5.3.1.8
constexpr unsigned kTime = 300;        // seconds
constexpr unsigned kYear = 365U * 24 * 60 * 60;

constexpr const char* kHoldTime = "JGREYLIST_HOLDTIME";

// A number from 0 to `most`; nothing where there is none.
std::optional<unsigned> number(const Environment& environment, const char* name, unsigned most) {
  const auto found = number_of<unsigned>(value_or_empty(environment, name));
  return found && *found <= most ? found : std::nullopt;
}

bool is_on(const Environment& environment, const char* name) {
  return number(environment, name, std::numeric_limits<unsigned>::max()).value_or(0) != 0;
}

std::optional<std::chrono::seconds> hold_time(const Environment& environment) {
  const auto found = number(environment, kHoldTime, kYear);
  return found ? std::optional(std::chrono::seconds(*found)) : std::nullopt;
}

// As jgreylist has it the first percent sign stands for the address. To what makes the reply of it another
// one is the beginning of a sign.
std::string reply_of(std::string_view text, std::string_view client) {
  std::string reply;
  bool has_address = false;
  for (const char c : text) {
    if (c == '%' && !std::exchange(has_address, true)) {
      reply += client;
    } else if (c == '%') {
      reply += "%%";
    } else {
      reply += c >= ' ' && c < '\x7f' ? c : '?';
    }
  }
  if (!is_reply(reply, '4') && !is_reply(reply, '5')) reply.insert(0, "553 ");
  reply.resize(std::min(reply.size(), kMaxReply));
  return reply;
}

}  // namespace

bool lets_through(const Environment& environment) {
  const char* const word = environment("JGREYLIST");
  return environment("RELAYCLIENT") != nullptr || (word != nullptr && *word == '\0');
}

LoadedSettings load(const Environment& environment) {
  const bool by_address = is_on(environment, "JGREYLIST_BY_IP");
  const auto held = hold_time(environment);
  // So that no record is over before its block is.
  const std::string minutes =
      held ? std::to_string(std::chrono::ceil<std::chrono::minutes>(*held).count()) : "";
  LoadedSettings loaded = load_settings([&](const char* name) -> const char* {
    const std::string_view wanted(name);
    if (wanted == "GLMATCH") return "network";
    if (wanted == "GLMATCHHELO") return "0";
    if (wanted == "GLIPV4PREFIX" && by_address) return "32";
    if (wanted == "GLIPV6PREFIX" && by_address) return "128";
    if (wanted == "GLBLOCKEXPIRE" && held) return minutes.c_str();
    return environment(name);
  });
  if (!held && !value_or_empty(environment, kHoldTime).empty()) {
    loaded.problems.push_back(
        std::string(kHoldTime) + ": " + in_quotes(value_or_empty(environment, kHoldTime), 100) +
        " is not a whole number of seconds from 0 to " + std::to_string(kYear) + "; using block_expire");
  }
  return loaded;
}

Session client(const Environment& environment) {
  if (environment("TCPREMOTEIP") == nullptr) {
    throw std::runtime_error(
        "TCPREMOTEIP is not set; it comes from tcpserver, under which greylisting-front has to run");
  }
  Session session{.client = std::string(value_or_empty(environment, "TCPREMOTEIP")),
                  .client_name = std::string(value_or_empty(environment, "TCPREMOTEHOST")),
                  .local_address = std::string(value_or_empty(environment, "TCPLOCALIP")),
                  .greylisting = std::string(value_or_empty(environment, "GREYLISTING")),
                  .is_client_alone = true,
                  .block = hold_time(environment)};
  std::string_view refused = value_or_empty(environment, "JGREYLIST");
  if (refused.empty() && session.client_name.empty())
    refused = value_or_empty(environment, "JGREYLIST_NOREV");
  if (!refused.empty()) session.greylisting = reply_of(refused, session.client);
  return session;
}

unsigned most_recipients(const Environment& environment) {
  const unsigned limit = number(environment, "JGREYLIST_LIMIT", kRecipients).value_or(0);
  return limit == 0 ? kRecipients : limit;
}

std::chrono::seconds most_time(const Environment& environment) {
  const unsigned time = number(environment, "JGREYLIST_TIMEOUT", kTime).value_or(0);
  return std::chrono::seconds(time == 0 ? kTime : time);
}

bool logs_talk(const Environment& environment) { return is_on(environment, "JGREYLIST_LOG_SMTP"); }

}  // namespace greylisting::front
