// typed_command: a command of greylistctl as a person types it into a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

/// `greylistctl deny --reply '550 no' sender -- -x@example.net`. Run as it is printed, it has just these
/// words: options stand in front of them, and `--` before the first that begins with a dash.
class TypedCommand {
 public:
  explicit TypedCommand(std::string_view subcommand);

  TypedCommand& flag(std::string_view name);
  /// Left out where the value is empty.
  TypedCommand& option(std::string_view name, std::string_view value);

  /// The whole of it. A byte of a word that is not printable is `\xNN`, which patterns and addresses may
  /// have.
  std::string with(const std::vector<std::string>& words) const;

 private:
  std::string text_;
};

}  // namespace greylisting::ctl
