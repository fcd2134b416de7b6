// shell_words: the commands of a shell script as their words, as far as they can be told without running it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace greylisting::ctl {

struct ShellWord {
  std::string text{};
  bool is_known = true;  // else something in it stands in `text` as it is written: `$UNSET`
};

/// The variables of a script by name; nothing where the value of one that is set is not known.
using ShellVariables = std::map<std::string, std::optional<std::string>>;

/// The content of a regular file of the size that a script may have; else nothing.
std::optional<std::string> read_script(const std::filesystem::path& file);

/// One command after the other. Quotes hold a word together and are taken away. In the place of $NAME,
/// ${NAME}, ${NAME:-otherwise} is the value, of `id -u NAME` the name, of `cat FILE` and `head -1 FILE` what
/// is in it. Conditions and loops are not understood: every command is taken.
class ShellCommands {
 public:
  /// `variables` and `directory`, the working directory, may change from command to command.
  ShellCommands(std::string text, const ShellVariables& variables, const std::filesystem::path& directory);

  /// Nothing at the end.
  std::optional<std::vector<ShellWord>> next();

 private:
  void take_quoted(ShellWord& word);
  void take_expansion(ShellWord& word);
  std::string taken_up_to(char close);
  std::optional<std::string> value_of(const std::string& parameter) const;
  std::optional<std::string> output_of(const std::string& command) const;

  std::string text_;
  std::size_t at_ = 0;
  const ShellVariables& variables_;
  const std::filesystem::path& directory_;
};

}  // namespace greylisting::ctl
