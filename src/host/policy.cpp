#include "host/policy.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "host/refusal.h"
#include "mail/address.h"
#include "mail/network.h"
#include "text/printable.h"

namespace greylisting::policy {
namespace {

constexpr std::string_view kDefer = "DEFER_IF_PERMIT";
constexpr std::string_view kReject = "REJECT";

std::string action(std::string_view word, std::string_view text) {
  return std::string("action=").append(word).append(" ").append(text).append("\n\n");
}

// The host makes a reply's code itself; what a reply says at its end, as qmail's do, is the status that comes
// first here (RFC 3463): `451 greylisted (#4.7.1)` becomes `4.7.1 greylisted`.
std::string refuse(std::string_view word, std::string_view reply) {
  std::string status(word == kReject ? "5.7.1" : "4.3.0");
  std::string_view text = reply.substr(4);
  const std::size_t begin = text.rfind(" (#");
  if (begin != std::string_view::npos && text.ends_with(')') &&
      text.find_first_not_of("0123456789.", begin + 3) == text.size() - 1) {
    status = text.substr(begin + 3, text.size() - begin - 4);
    text = text.substr(0, begin);
  }
  status.front() = word == kReject ? '5' : '4';
  return action(word, status.append(" ").append(text));
}

// A field stands in one line here.
std::string unfolded(std::string_view field) {
  std::string line;
  for (const char c : field) {
    if (c != '\n') line += c == '\t' ? ' ' : c;
  }
  return line;
}

}  // namespace

bool Request::take(std::string_view line) {
  const std::size_t sign = line.find('=');
  if (sign == std::string_view::npos) return false;
  values_.try_emplace(std::string(line.substr(0, sign)), line.substr(sign + 1));
  return true;
}

std::string_view Request::value_of(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string_view() : found->second;
}

// Those who do not send a state, as s/qmail does not, ask at RCPT.
bool Request::is_at_rcpt() const {
  const std::string_view state = value_of("protocol_state");
  return value_of("request") == "smtpd_access_policy" && (state.empty() || state == "RCPT");
}

bool Request::is_of_a_user() const {
  return !value_of("sasl_username").empty() || !value_of("ccert_subject").empty() ||
         value_of("policy_context") == "outgoing";
}

bool Request::is_greylisted() const { return is_at_rcpt() && !is_of_a_user(); }
bool Request::is_outgoing() const { return is_at_rcpt() && is_of_a_user(); }

Session Request::session() const {
  const auto name = [this](const char* attribute) {
    const std::string_view value = value_of(attribute);
    return value == "unknown" ? std::string() : std::string(value);
  };
  Session session{.client = std::string(value_of("client_address")),
                  .client_name = name("client_name"),
                  .helo = std::string(value_of("helo_name")),
                  .sender = std::string(value_of("sender")),
                  .recipient = std::string(value_of("recipient")),
                  .local_address = std::string(value_of("server_address"))};
  session.is_client_name_verified = !session.client_name.empty();
  if (session.client_name.empty()) session.client_name = name("reverse_client_name");
  if (!IpAddress::parse(session.client)) {
    throw std::runtime_error("client_address=" + in_quotes(session.client, 100) +
                             " is not an IP address; it comes from the mail server that asks");
  }
  if (session.recipient.empty()) {
    throw std::runtime_error(
        "a request without a recipient; ask at RCPT: Postfix's check_policy_service belongs "
        "in smtpd_recipient_restrictions");
  }
  return session;
}

std::optional<std::string> Requests::line(std::chrono::milliseconds patience) {
  for (std::size_t searched = 0;;) {
    const std::size_t end = read_.find('\n', searched);
    if (std::min(end, read_.size()) > kMaxLine)
      throw std::runtime_error("a request has a line of more than " + std::to_string(kMaxLine) + " bytes");
    if (end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      if (line.find('\0') != std::string::npos) throw std::runtime_error("a request has a NUL in it");
      return line;
    }
    searched = read_.size();
    pollfd wanted{.fd = stream_, .events = POLLIN, .revents = 0};
    const int ready = poll(&wanted, 1, static_cast<int>(patience.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    std::array<char, 4096> some{};
    const ssize_t size = ::read(stream_, some.data(), some.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    read_.append(some.data(), static_cast<std::size_t>(size));
  }
}

std::optional<Request> Requests::next(std::chrono::milliseconds patience) {
  Request request;
  for (std::size_t size = 0; size <= kMaxRequest;) {
    const auto text = line(patience);
    size += text ? text->size() + 1 : 0;
    if (!text && request.is_empty() && read_.empty()) return std::nullopt;
    if (!text) throw std::runtime_error("a request without an end");
    if (text->empty() && !request.is_empty()) return request;
    // Empty lines before a request are none of it.
    if (!text->empty() && !request.take(*text))
      throw std::runtime_error("no line of a request: " + in_quotes(*text, 100) + "; it is to be name=value");
  }
  throw std::runtime_error("a request of more than " + std::to_string(kMaxRequest) + " bytes");
}

std::string answer(const Request& request, const Decision& decision, const Settings& settings,
                   std::string_view header_field) {
  if (settings.observe) return std::string(kNoOpinion);
  if (decision.outcome() != Outcome::accepted) {
    const Address recipient = Address::recipient(std::string(request.value_of("recipient")));
    const std::string reply = refusal(decision, settings, recipient.domain());
    return refuse(reply.front() == '5' && request.knows_rejections() ? kReject : kDefer, reply);
  }
  return header_field.empty() ? std::string(kNoOpinion) : action("PREPEND", unfolded(header_field));
}

std::string answer_on_error(const Settings& settings) {
  const std::string reply = refusal_on_error(settings);
  return reply.empty() ? std::string(kNoOpinion) : refuse(kDefer, reply);
}

}  // namespace greylisting::policy
