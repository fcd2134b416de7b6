#include "ctl/command_line/argument.h"

#include "ctl/commands.h"
#include "ctl/print/typed_command.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

bool is_network(const std::string& text) {
  try {
    return patterns_of("client", text).front().kind() == PatternKind::network;
  } catch (const PatternError&) {
    return false;
  }
}

std::string subject_meant_by(const std::string& text, Action action) {
  if (action == Action::trap || action == Action::skip) return "recipient";
  if (action == Action::greylist) return is_network(text) ? "client" : "recipient";
  const bool is_no_name = text == "<>";
  if (text.find('@') == std::string::npos && !is_no_name) return "client";
  const std::string begin = '"' + one_line(text) + "\" can be a ";
  // All addresses of a domain are the domain.
  const std::size_t domain = text.starts_with("*@") ? 2 : text.starts_with('@') ? 1 : 0;
  if (!is_no_name) patterns_of("sender", text.substr(domain));  // throws where neither would do
  const auto command = [&](const char* subject) {
    return TypedCommand(name(action)).with({subject, text.substr(domain)});
  };
  throw UsageError(is_no_name ? begin + "client without a name or the null sender: write " +
                                    command("client") + ", or " + command("sender")
                              : begin + "sender or a recipient: write " + command("sender") + ", or " +
                                    command("recipient"));
}

// What was put between quotes, or came with a blank.
void refuse_blanks(const std::string& text, Action action) {
  const auto begin = text.find_first_not_of(' ');
  const auto end = text.find_last_not_of(' ');
  if (begin == std::string::npos) return;
  const std::string trimmed = text.substr(begin, end + 1 - begin);
  const std::string word = trimmed.substr(0, trimmed.find(' '));
  const auto next = trimmed.find_first_not_of(' ', word.size());
  const auto write = [action](const std::vector<std::string>& words) {
    return ": write " + TypedCommand(name(action)).with(words);
  };
  if (next != std::string::npos && is_subject(word))
    throw UsageError(in_quotes(text) + " is one word" + write({word, trimmed.substr(next)}));
  if (next == std::string::npos && trimmed != text)
    throw UsageError(in_quotes(text) + " has a blank too many" + write({trimmed}));
}

}  // namespace

bool is_subject(const std::string& word) {
  return word == "client" || word == "sender" || word == "recipient";
}

std::string address_meant_by(const std::string& word) {
  const bool is_path = word.size() >= 2 && word.front() == '<' && word.back() == '>';
  return unescaped(is_path ? word.substr(1, word.size() - 2) : word);
}

std::vector<Pattern> patterns_meant_by(const std::vector<std::string>& words, Action action) {
  if (words.size() > 1 && !is_subject(words[0]))
    throw UsageError('"' + one_line(words[0]) + "\" is not client, sender or recipient");
  if (words.size() > 2) throw UsageError('"' + one_line(words[2]) + "\" is too much: name one pattern");
  if (words.size() == 1 && is_subject(words[0])) throw UsageError("there is no pattern after " + words[0]);
  const std::string& text = words.back();
  if (words.size() == 1) refuse_blanks(text, action);
  try {
    return patterns_of(words.size() == 2 ? words[0] : subject_meant_by(text, action), text);
  } catch (const PatternError& error) {
    throw UsageError(error.what());
  }
}

std::string moment_of(const std::string& option, const std::string& text, const std::string& now) {
  if (const auto duration = duration_of(text)) return later(now, -*duration);
  if (const auto end = end_of(text)) return text.size() == 10 ? text + " 00:00:00" : *end;
  throw UsageError(option + ": \"" + one_line(text) +
                   "\" is neither a duration (90m, 12h, 30d, 2w) nor a date (YYYY-MM-DD or \"YYYY-MM-DD "
                   "hh:mm:ss\", UTC)");
}

}  // namespace greylisting::ctl
