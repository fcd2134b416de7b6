#include "host/talk.h"

#include <algorithm>
#include <utility>

#include "text/ascii.h"

namespace greylisting {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kSyntaxError = "501 syntax error (#5.5.4)";
constexpr std::size_t kMaxName = 253;  // RFC 1035, section 2.3.4, as text

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, [](char c) {
    return ascii::is_letter_or_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

// What follows FROM: or TO:, without angle brackets and what follows them (RFC 5321, section 4.1.2). A
// bracket that is quoted, in a quoted string or by a backslash, is the address's own.
std::optional<std::string> path_in(std::string_view argument, std::string_view word) {
  if (ascii::lower(argument.substr(0, word.size())) != word) return std::nullopt;
  const std::string_view path = without_blanks(argument.substr(word.size()));
  if (!path.starts_with('<')) {
    const std::string_view bare = path.substr(0, path.find_first_of(kBlanks));
    return bare.empty() ? std::nullopt : std::optional(std::string(bare));
  }
  bool is_quoted = false;
  for (std::size_t i = 1; i < path.size(); ++i) {
    if (path[i] == '\\') {
      ++i;
    } else if (path[i] == '"') {
      is_quoted = !is_quoted;
    } else if (path[i] == '>' && !is_quoted) {
      return std::string(path.substr(1, i - 1));
    }
  }
  return std::nullopt;
}

}  // namespace

Talk::Talk(std::string_view own_name, unsigned most_recipients, Judge judge, Witness witness)
    : own_name_(is_name(own_name) ? own_name : "localhost"),
      most_recipients_(most_recipients),
      judge_(std::move(judge)),
      witness_(std::move(witness)) {}

std::string Talk::greeting() {
  std::string text;
  say(text, "220 " + own_name_ + " ESMTP");
  return text;
}

std::string Talk::time_is_over() {
  std::string text;
  if (!is_over_) say(text, goodbye("timeout (#4.4.2)"));
  return text;
}

std::string Talk::take(std::string_view bytes) {
  std::string replies;
  while (!bytes.empty() && !is_over_) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + piece.size() > kMaxLine) {
      say(replies, goodbye("line too long (#5.5.2)"));
      break;
    }
    line_ += piece;
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    if (line_.ends_with('\r')) line_.pop_back();
    if (witness_) witness_('<', line_);
    say(replies, reply_to(line_));
    line_.clear();
  }
  return replies;
}

std::string Talk::reply_to(std::string_view line) {
  const std::size_t blank = std::min(line.find_first_of(kBlanks), line.size());
  std::string reply =
      reply_to_command(ascii::lower(line.substr(0, blank)), without_blanks(line.substr(blank)));
  if (reply.starts_with("50") && reply != refusal_) ++errors_;
  ++commands_;
  if (is_over_ || (errors_ <= kMaxErrors && commands_ <= kMaxCommands)) return reply;
  return goodbye("too many errors (#5.5.1)");
}

std::string Talk::reply_to_command(std::string_view verb, std::string_view argument) {
  if (verb == "helo") return hello(argument, false);
  if (verb == "ehlo") return hello(argument, true);
  if (verb == "mail") return mail(argument);
  if (verb == "rcpt") return rcpt(argument);
  if (verb == "data") return data();
  if (verb == "noop") return "250 ok";
  if (verb == "quit") {
    is_over_ = true;
    return "221 " + own_name_;
  }
  if (verb != "rset") return "502 unimplemented (#5.5.1)";
  sender_.reset();
  return "250 flushed";
}

// What is offered is for clients that would give up for good without it; nothing comes of it here.
std::string Talk::hello(std::string_view argument, bool is_extended) {
  helo_ = argument;
  sender_.reset();
  if (!is_extended) return "250 " + own_name_;
  return "250-" + own_name_ + "\n250-PIPELINING\n250-8BITMIME\n250 SMTPUTF8";
}

std::string Talk::mail(std::string_view argument) {
  auto sender = path_in(argument, "from:");
  if (!sender) return std::string(kSyntaxError);
  sender_ = std::move(sender);
  refusal_.clear();
  of_message_ = 0;
  return "250 ok";
}

std::string Talk::rcpt(std::string_view argument) {
  if (!sender_) return "503 MAIL first (#5.5.1)";
  auto recipient = path_in(argument, "to:");
  if (!recipient || recipient->empty()) return std::string(kSyntaxError);
  if (++of_connection_ > most_recipients_) return goodbye("too many recipients (#4.5.3)");
  refusal_ = judge_({helo_, *sender_, *std::move(recipient), ++of_message_});
  is_over_ = refusal_.starts_with("421");
  return refusal_;
}

// Some clients send it whatever RCPT was answered, and would take 503 for the end of the message.
std::string Talk::data() const {
  if (!sender_) return "503 MAIL first (#5.5.1)";
  return refusal_.empty() ? "503 RCPT first (#5.5.1)" : refusal_;
}

std::string Talk::goodbye(std::string_view text) {
  is_over_ = true;
  return std::string("421 ").append(own_name_).append(" ").append(text);
}

void Talk::say(std::string& replies, std::string_view reply) const {
  while (!reply.empty()) {
    const std::string_view line = reply.substr(0, reply.find('\n'));
    if (witness_) witness_('>', line);
    replies.append(line).append("\r\n");
    reply.remove_prefix(std::min(reply.size(), line.size() + 1));
  }
}

}  // namespace greylisting
