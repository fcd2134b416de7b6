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

/// A command, without the words of the shell around it: `then`, `{`, `fi`.
struct ShellCommand {
  std::vector<ShellWord> words{};
  unsigned line = 0;            // of its first word, from 1
  bool is_conditional = false;  // within if, case, a loop, a function, brackets, or after && and ||
  bool is_last = false;         // nothing follows it in the text
};

/// One command after the other. Quotes hold a word together and are taken away. In the place of $NAME,
/// ${NAME}, ${NAME:-otherwise} is the value, which blanks divide where it is not quoted; of `id -u NAME` the
/// name, of `cat FILE` and `head -1 FILE` what is in it. Conditions are not understood, only seen.
/// Here-documents are left out.
class ShellCommands {
 public:
  /// `variables` and `directory`, the working directory, may change from command to command.
  ShellCommands(std::string text, const ShellVariables& variables, const std::filesystem::path& directory);

  /// Nothing at the end.
  std::optional<ShellCommand> next();

 private:
  struct HereDocument {
    std::string end;
    bool has_tabs = false;  // before its lines, which do not count
  };

  ShellCommand words_to_operator();
  void take_keywords(std::vector<ShellWord>& words);
  void take_divided(std::optional<ShellWord>& word, std::vector<ShellWord>& words);
  void take_here_document();
  void skip_here_documents();
  std::string operator_here() const;
  void take_quoted(ShellWord& word);
  void take_expansion(ShellWord& word);
  std::string taken_up_to(char close);
  std::optional<std::string> value_of(const std::string& parameter) const;
  std::optional<std::string> output_of(const std::string& command) const;

  std::string text_;
  std::size_t at_ = 0;
  std::string operator_{};                      // that has ended the last words
  bool is_after_condition_ = false;             // && or ||
  std::vector<std::string> blocks_{};           // that are open, by the words that end them
  std::vector<HereDocument> here_documents_{};  // whose lines are still to come
  const ShellVariables& variables_;
  const std::filesystem::path& directory_;
};

}  // namespace greylisting::ctl
