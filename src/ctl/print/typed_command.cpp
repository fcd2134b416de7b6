#include "ctl/print/typed_command.h"

#include "text/printable.h"
#include "text/shell_word.h"

namespace greylisting::ctl {

TypedCommand::TypedCommand(std::string_view subcommand)
    : text_(std::string("greylistctl ").append(subcommand)) {}

TypedCommand& TypedCommand::flag(std::string_view name) {
  text_.append(" ").append(name);
  return *this;
}

TypedCommand& TypedCommand::option(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  // A value that begins with a dash could be taken for an option.
  text_.append(" ").append(name).append(value.starts_with('-') ? "=" : " ").append(shell_word(value));
  return *this;
}

std::string TypedCommand::with(const std::vector<std::string>& words) const {
  std::string text = text_;
  bool has_dash = false;
  for (const std::string& word : words) {
    if (!has_dash && word.starts_with('-')) {
      has_dash = true;
      text += " --";
    }
    text.append(" ").append(shell_word(one_line(word)));
  }
  return text;
}

}  // namespace greylisting::ctl
