#include "lists/entry.h"

#include <algorithm>
#include <cstdint>

#include "lists/pattern_key.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/utf8.h"

namespace greylisting {
namespace {

constexpr std::size_t kMaxPattern = 255;     // the column's width
constexpr std::string_view kAnything = "*";  // a label or local part that no pattern names

// The second byte of a pattern's key tells its form (pattern.h).
char form(const Pattern& pattern) { return pattern.key()[1]; }

bool is_of_envelope(const Pattern& pattern) {
  return pattern.kind() == PatternKind::sender || pattern.kind() == PatternKind::recipient;
}

// user@
bool is_local_part(const Pattern& pattern) {
  return is_of_envelope(pattern) && !pattern.is_regexp() && form(pattern) == '=' &&
         pattern.text().ends_with('@');
}

bool is_domain(const Pattern& pattern) {
  return is_of_envelope(pattern) && !pattern.is_regexp() && form(pattern) != '=';
}

std::string example_name(const Pattern& pattern) {
  const std::string domain = pattern.key().substr(2);
  return form(pattern) == '*' ? std::string(kAnything).append(".").append(domain) : domain;
}

std::string example_address(const Pattern& pattern) {
  if (is_domain(pattern)) return std::string(kAnything).append("@").append(example_name(pattern));
  if (pattern.text() == "<>") return "";
  return unescaped(pattern.text()) + (is_local_part(pattern) ? std::string(kAnything) : "");
}

// An attempt that the pattern matches, and as few others as can be; nothing for a regular expression.
std::optional<Subjects> example_of(const Pattern& pattern) {
  if (pattern.is_regexp()) return std::nullopt;
  Subjects subjects{
      .client = {}, .client_name = "", .sender = Address::sender(""), .recipient = Address::recipient("")};
  switch (pattern.kind()) {
    case PatternKind::network:
      subjects.client = pattern.network()->first();
      subjects.client_name = kAnything;
      break;
    case PatternKind::host:
      subjects.client_name = example_name(pattern);
      break;
    case PatternKind::sender:
      subjects.sender = Address::sender(example_address(pattern));
      break;
    case PatternKind::recipient:
      subjects.recipient = Address::recipient(example_address(pattern));
      break;
  }
  return subjects;
}

bool matches_example(const Pattern& pattern, const Pattern& other) {
  // The example of a name has no address to speak of.
  if (pattern.kind() == PatternKind::network && other.kind() != PatternKind::network) return false;
  const auto example = example_of(other);
  return example && pattern.matches(*example);
}

// README, "How it decides": what is asked first has the smallest number.
int place_in_order(Action action) {
  switch (action) {
    case Action::skip:
      return 1;
    case Action::allow:
    case Action::deny:
      return 2;
    case Action::trap:
      return 3;
    case Action::greylist:
      break;
  }
  return 4;
}

bool say_the_same(const Entry& a, const Entry& b) {
  const auto accepts = [](const Entry& entry) {
    return entry.action == Action::allow || entry.action == Action::skip;
  };
  if (accepts(a) && accepts(b)) return true;
  if (a.action != b.action) return false;
  return a.action != Action::greylist || !a.block || !b.block || a.block == b.block;
}

bool are_of_one_question(Action a, Action b) {
  const auto is_choice = [](Action action) { return action == Action::greylist || action == Action::skip; };
  return place_in_order(a) == place_in_order(b) || (is_choice(a) && is_choice(b));
}

}  // namespace

std::string_view name(Action action) {
  switch (action) {
    case Action::allow:
      return "allow";
    case Action::deny:
      return "deny";
    case Action::trap:
      return "trap";
    case Action::greylist:
      return "greylist";
    case Action::skip:
      break;
  }
  return "skip";
}

std::optional<Action> action_of(std::string_view word) {
  for (const Action action : kActions) {
    if (name(action) == word) return action;
  }
  return std::nullopt;
}

std::string_view name(PatternKind kind) {
  if (kind == PatternKind::network) return "network";
  return kind == PatternKind::host ? "host" : word(kind);
}

std::string text(const Entry& entry) {
  return std::string(name(entry.action))
      .append(" ")
      .append(word(entry.pattern.kind()))
      .append(" ")
      .append(one_line(entry.pattern.text()));
}

std::optional<std::string> objection(const Entry& entry) {
  const PatternKind kind = entry.pattern.kind();
  const bool only_lists = entry.action == Action::allow || entry.action == Action::deny;
  if ((entry.action == Action::trap || entry.action == Action::skip) && kind != PatternKind::recipient)
    return std::string(name(entry.action)) + " is for recipients only";
  if (entry.action == Action::greylist && kind != PatternKind::recipient && kind != PatternKind::network)
    return "greylist is for recipients and for networks of clients only";
  if (!only_lists && entry.pattern.is_regexp()) {
    return "a regular expression can only allow or deny; for " + std::string(name(entry.action)) +
           (entry.action == Action::greylist ? " name addresses, domains or networks"
                                             : " name addresses or domains");
  }
  if (entry.action == Action::greylist && kind == PatternKind::network && !entry.block)
    return "greylist for a network does nothing without --block MINUTES";
  if (entry.pattern.text().size() > kMaxPattern) {
    return "a pattern has at most " + std::to_string(kMaxPattern) +
           " characters in the store; make two of it, or write it into control/greylisting_allow or "
           "control/greylisting_deny";
  }
  return std::nullopt;
}

bool can_meet(const Pattern& a, const Pattern& b) {
  if (word(a.kind()) != word(b.kind())) return false;
  if (a == b || matches_example(a, b) || matches_example(b, a)) return true;
  return (is_local_part(a) && is_domain(b)) || (is_domain(a) && is_local_part(b));
}

std::vector<std::string> keys_around(const Pattern& pattern) {
  const auto example = example_of(pattern);
  if (!example) return {};
  std::vector<std::string> keys = keys_of(*example);
  std::erase_if(keys, [&](const std::string& key) { return key.front() != pattern.key().front(); });
  return keys;
}

Precedence precedence(const Entry& a, const Entry& b) {
  if (say_the_same(a, b)) return Precedence::neither;
  if (!are_of_one_question(a.action, b.action)) {
    return place_in_order(a.action) < place_in_order(b.action) ? Precedence::by_order
                                                               : Precedence::is_the_other;
  }
  if (a.pattern.specificity() != b.pattern.specificity()) {
    return a.pattern.specificity() > b.pattern.specificity() ? Precedence::by_pattern
                                                             : Precedence::is_the_other;
  }
  if (a.action == b.action) return Precedence::neither;
  return a.action == Action::deny || a.action == Action::skip ? Precedence::by_denial
                                                              : Precedence::is_the_other;
}

std::string stored_comment(std::string_view text) { return line_of_utf8(text, kMaxComment); }

std::optional<std::chrono::seconds> duration_of(std::string_view text) {
  constexpr std::chrono::seconds kLongest = std::chrono::days(36525);
  if (text.empty()) return std::nullopt;
  const auto number = number_of<unsigned>(text.substr(0, text.size() - 1));
  if (!number || *number == 0) return std::nullopt;
  std::chrono::seconds unit{};
  switch (text.back()) {
    case 'm':
      unit = std::chrono::minutes(1);
      break;
    case 'h':
      unit = std::chrono::hours(1);
      break;
    case 'd':
      unit = std::chrono::days(1);
      break;
    case 'w':
      unit = std::chrono::weeks(1);
      break;
    default:
      return std::nullopt;
  }
  const std::chrono::seconds duration = unit * std::int64_t{*number};
  return duration <= kLongest ? std::optional(duration) : std::nullopt;
}

}  // namespace greylisting
