// policy: Postfix's policy delegation protocol (Postfix, SMTPD_POLICY_README), which Exim, s/qmail and
// qmail-postgrey speak as well.
//
// A request is lines `name=value` up to an empty line, in any order; many may come over one connection. An
// answer is a line `action=…` and an empty line, written with one call and its word first: qmail-postgrey
// reads it with one call of 64 bytes, and knows DEFER_IF_PERMIT alone. Never OK, which would skip what the
// host was going to ask after us.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "judgement/decision.h"
#include "judgement/session.h"
#include "settings/settings.h"

namespace greylisting::policy {

class Request {
 public:
  /// Takes a line `name=value`, without its end. Of a name that comes twice the first counts. False when it
  /// is no such line.
  bool take(std::string_view line);

  /// Empty for what was not sent.
  std::string_view value_of(const std::string& name) const;

  /// Whether it is about a recipient that is to be greylisted: at RCPT, of a client that has not
  /// authenticated itself.
  bool is_greylisted() const;

  /// Whether it is about a recipient of a client that has authenticated itself.
  bool is_outgoing() const;

  /// Whether its host knows REJECT: s/qmail and qmail-postgrey, which send no state, take it for a yes.
  bool knows_rejections() const { return !value_of("protocol_state").empty(); }

  /// Throws std::runtime_error when the client's address is none, or a name is missing.
  Session session() const;

  bool is_empty() const { return values_.empty(); }

 private:
  bool is_at_rcpt() const;
  bool is_of_a_user() const;

  std::unordered_map<std::string, std::string> values_;
};

/// What comes over a connection, one request after the other.
class Requests {
 public:
  explicit Requests(int stream) : stream_(stream) {}

  /// The next one; nothing at the end of the stream, or when nothing has come for `patience`. Throws
  /// std::runtime_error for what is no request: a line that is too long or has a NUL, too much of it, an end
  /// in the midst. Nothing can be read after it.
  std::optional<Request> next(std::chrono::milliseconds patience);

 private:
  std::optional<std::string> line(std::chrono::milliseconds patience);

  int stream_;
  std::string read_;  // and not taken yet
};

/// In bytes. What Postfix sends has some 40 short lines.
inline constexpr std::size_t kMaxLine = 65536;
inline constexpr std::size_t kMaxRequest = 262144;

/// The answer without an opinion: the host goes on as if nobody had been asked.
inline constexpr std::string_view kNoOpinion = "action=DUNNO\n\n";

/// The answer to `request` that carries out a decision. `header_field` is as from delay_header; empty for
/// none.
std::string answer(const Request& request, const Decision& decision, const Settings& settings,
                   std::string_view header_field);

/// The answer for when no decision could be made.
std::string answer_on_error(const Settings& settings);

}  // namespace greylisting::policy
