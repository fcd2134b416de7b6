#include "judgement/suspicion_rules.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "lists/regexp.h"
#include "settings/control_file.h"
#include "text/printable.h"

namespace greylisting {
namespace {

constexpr std::string_view kAttributes = "sender, recipient, client_name, client_address or helo_name";

// A backslash keeps the next character, a # or another backslash, what it is.
std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#') return line.substr(0, i);
    if (line[i] == '\\') ++i;
  }
  return line;
}

}  // namespace

SuspicionRules SuspicionRules::parse(const std::string& file, std::string_view text) {
  SuspicionRules rules(file);
  text = without_byte_order_mark(text);
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    rules.add_line(number, trimmed(without_comment(line)));
  }
  return rules;
}

std::optional<SuspicionRules> SuspicionRules::read(const std::string& file) {
  const ControlFileText content = read_control_file(file);
  if (content.is_missing) return std::nullopt;
  SuspicionRules rules = parse(file, content.text);
  if (!content.why.empty())
    rules.problems_.push_back(problem_with(file, content, "none of its rules counts"));
  return rules;
}

std::optional<SuspicionRules::Attribute> SuspicionRules::attribute_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Attribute>, 6> kWords{
      {{"sender", Attribute::sender},
       {"recipient", Attribute::recipient},
       {"client_name", Attribute::client_name},
       {"client_address", Attribute::client_address},
       {"helo_name", Attribute::helo_name},
       {"helo", Attribute::helo_name}}};
  const auto* const found = std::ranges::find(kWords, word, &std::pair<std::string_view, Attribute>::first);
  if (found == kWords.end()) return std::nullopt;
  return found->second;
}

void SuspicionRules::add_line(unsigned number, std::string_view line) {
  if (line.empty()) return;
  const auto operation = line.find('~');
  const bool is_rule = operation != std::string_view::npos && operation > 0 &&
                       (line[operation - 1] == '=' || line[operation - 1] == '!');
  if (!is_rule) {
    problems_.push_back(where(number) + in_quotes(line) +
                        " is not a rule; ignoring it. A rule is: attribute =~ expression, or attribute !~ "
                        "expression, the attribute being " +
                        std::string(kAttributes));
    return;
  }
  const std::string_view word = trimmed(line.substr(0, operation - 1));
  const std::string_view expression = trimmed(line.substr(operation + 1));
  const auto attribute = attribute_of(word);
  if (!attribute) {
    problems_.push_back(where(number) + in_quotes(word) +
                        " is not an attribute; ignoring the rule. It has to be " + std::string(kAttributes));
  } else if (expression.empty()) {
    problems_.push_back(
        where(number) + std::string(word) +
        ": the regular expression is missing; ignoring the rule. In an expression, # is written \\#");
  } else {
    rules_.push_back({number, *attribute, line[operation - 1] == '=', std::string(expression)});
  }
}

std::string SuspicionRules::subject_of(Attribute attribute, const Session& session, const IpAddress& client) {
  switch (attribute) {
    case Attribute::sender:
      return session.sender;
    case Attribute::recipient:
      return session.recipient;
    case Attribute::client_name:
      return session.client_name.empty() ? "unknown" : session.client_name;
    case Attribute::client_address:
      return client.text();
    case Attribute::helo_name:
      break;
  }
  return session.helo;
}

std::vector<std::string> SuspicionRules::check() const {
  std::vector<std::string> problems = problems_;
  for (const Rule& rule : rules_) {
    try {
      const Regexp regexp(rule.expression, LetterCase::kept);
    } catch (const RegexpError& error) {
      problems.push_back(where(rule.line) + in_quotes(rule.expression) + " is not a regular expression (" +
                         error.what() + "), so the rule never holds; write it as pcre2pattern(3) says");
    }
  }
  return problems;
}

unsigned SuspicionRules::holds_for(const Session& session, const IpAddress& client) const {
  for (const Rule& rule : rules_) {
    try {
      const Regexp regexp(rule.expression, LetterCase::kept);
      if (regexp.try_match(subject_of(rule.attribute, session, client)) == rule.when_found) return rule.line;
    } catch (const RegexpError&) {
      continue;  // check() tells
    }
  }
  return 0;
}

}  // namespace greylisting
