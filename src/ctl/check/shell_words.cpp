#include "ctl/check/shell_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/check/content.h"
#include "text/ascii.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kLargestScript = 65536;

constexpr std::string_view kBlanks = " \t\n";

bool is_of_name(char c) { return c == '_' || ascii::is_letter_or_digit(c); }

// A word of the shell that is followed by a command.
bool is_within_block(const std::string& word) {
  constexpr std::array<std::string_view, 5> kWords{"then", "elif", "else", "do", "!"};
  return std::ranges::find(kWords, word) != kWords.end();
}

// Where it fails, there is no service.
bool mostly_succeeds(const std::string& command) {
  constexpr std::array<std::string_view, 4> kCommands{"cd", "export", ".", "source"};
  return std::ranges::find(kCommands, command) != kCommands.end();
}

}  // namespace

std::optional<std::string> read_script(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error) ||
      std::filesystem::file_size(file, error) > kLargestScript)
    return std::nullopt;
  return content_of(file);
}

ShellCommands::ShellCommands(std::string text, const ShellVariables& variables,
                             const std::filesystem::path& directory)
    : text_(std::move(text)), variables_(variables), directory_(directory) {}

std::optional<ShellCommand> ShellCommands::next() {
  while (at_ < text_.size()) {
    ShellCommand command = words_to_operator();
    if (operator_ == "\n") skip_here_documents();
    const bool is_plain = !command.words.empty() && mostly_succeeds(command.words.front().text);
    command.is_conditional = is_after_condition_ || !blocks_.empty();
    if (!command.words.empty()) {
      const bool goes_on = operator_ == "|" && is_after_condition_;
      is_after_condition_ = goes_on || operator_ == "||" || (operator_ == "&&" && !is_plain);
    }
    take_keywords(command.words);
    command.is_conditional = command.is_conditional || !blocks_.empty();
    if (operator_ == "(") blocks_.emplace_back(")");
    if (operator_ == ")" && !blocks_.empty() && blocks_.back() == ")") blocks_.pop_back();
    command.is_last = at_ >= text_.size();
    if (!command.words.empty()) return command;
  }
  return std::nullopt;
}

// Those that open a block or end it, and those within.
void ShellCommands::take_keywords(std::vector<ShellWord>& words) {
  static const std::map<std::string, std::string> kEnds{
      {"if", "fi"},       {"while", "done"}, {"until", "done"}, {"for", "done"},
      {"select", "done"}, {"case", "esac"},  {"function", "}"}, {"{", "}"}};
  while (!words.empty()) {
    const std::string word = words.front().text;
    const bool is_function = word == "function" && words.back().text != "{";
    if (const auto block = kEnds.find(word); block != kEnds.end()) {
      if (!is_function) blocks_.push_back(block->second);  // else its bracket comes later
      if (word == "function") words.clear();
    } else if (!blocks_.empty() && word == blocks_.back()) {
      blocks_.pop_back();
    } else if (!is_within_block(word)) {
      return;
    }
    if (!words.empty()) words.erase(words.begin());
  }
}

// `;` and `&` in other places are part of a word: `2>&1`.
std::string ShellCommands::operator_here() const {
  const char c = text_[at_];
  if (std::string_view("\n;()").find(c) != std::string_view::npos) return {c};
  const bool is_redirection =
      (at_ > 0 && (text_[at_ - 1] == '>' || text_[at_ - 1] == '<')) || text_.compare(at_, 2, "&>") == 0;
  if ((c != '&' && c != '|') || is_redirection) return {};
  const std::string twice{c, c};
  return text_.compare(at_, 2, twice) == 0 ? twice : twice.substr(1);
}

ShellCommand ShellCommands::words_to_operator() {
  ShellCommand command;
  std::vector<ShellWord>& words = command.words;
  std::optional<ShellWord> word;
  const auto end_word = [&] {
    if (word) words.push_back(std::move(*word));
    word.reset();
  };
  operator_.clear();
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (operator_ = operator_here(); !operator_.empty()) {
      at_ += operator_.size();
      break;
    }
    if (c == ' ' || c == '\t') {
      ++at_;
      end_word();
      continue;
    }
    if (c == '#' && !word) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      continue;
    }
    if (text_.compare(at_, 2, "\\\n") == 0) {
      at_ += 2;
      continue;
    }
    if (command.line == 0)
      command.line = static_cast<unsigned>(
                         std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n')) +
                     1;
    if (c == '$' || c == '`') {
      take_divided(word, words);
      continue;
    }
    if (text_.compare(at_, 2, "<<") == 0 && text_.compare(at_, 3, "<<<") != 0) {
      end_word();
      take_here_document();
      continue;
    }
    if (!word) word.emplace();
    if (c == '\'') {
      word->text += taken_up_to('\'');
    } else if (c == '"') {
      take_quoted(*word);
    } else {
      if (c == '\\') ++at_;
      if (at_ < text_.size()) word->text += text_[at_++];
    }
  }
  end_word();
  return command;
}

// An expansion that no quotes hold together; that of an assignment is not divided.
void ShellCommands::take_divided(std::optional<ShellWord>& word, std::vector<ShellWord>& words) {
  ShellWord value;
  take_expansion(value);
  const bool is_assignment = word && word->text.find('=') != std::string::npos;
  if (is_assignment || !value.is_known || value.text.find_first_of(kBlanks) == std::string::npos) {
    if (!word && value.text.empty()) return;
    if (!word) word.emplace();
    word->text += value.text;
    word->is_known = word->is_known && value.is_known;
    return;
  }
  for (const char c : value.text) {
    if (kBlanks.find(c) == std::string_view::npos) {
      if (!word) word.emplace();
      word->text += c;
    } else if (word) {
      words.push_back(std::move(*word));
      word.reset();
    }
  }
}

// `<<END`, `<<-'END'`
void ShellCommands::take_here_document() {
  HereDocument& its = here_documents_.emplace_back();
  at_ += 2;
  its.has_tabs = at_ < text_.size() && text_[at_] == '-';
  if (its.has_tabs) ++at_;
  at_ = std::min(text_.find_first_not_of(" \t", at_), text_.size());
  for (; at_ < text_.size() && kBlanks.find(text_[at_]) == std::string_view::npos && operator_here().empty();
       ++at_) {
    if (std::string_view("'\"\\").find(text_[at_]) == std::string_view::npos) its.end += text_[at_];
  }
}

void ShellCommands::skip_here_documents() {
  for (const HereDocument& its : std::exchange(here_documents_, {})) {
    for (std::string line; at_ < text_.size() && line != its.end;) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line = text_.substr(at_, end - at_);
      if (its.has_tabs) line.erase(0, std::min(line.find_first_not_of('\t'), line.size()));
      at_ = end + 1;
    }
  }
  at_ = std::min(at_, text_.size());
}

void ShellCommands::take_quoted(ShellWord& word) {
  for (++at_; at_ < text_.size() && text_[at_] != '"';) {
    if (text_[at_] == '$' || text_[at_] == '`') {
      take_expansion(word);
      continue;
    }
    const bool is_escaped = text_[at_] == '\\' && at_ + 1 < text_.size() &&
                            std::string_view("$`\"\\\n").find(text_[at_ + 1]) != std::string_view::npos;
    if (is_escaped) ++at_;
    if (!is_escaped || text_[at_] != '\n') word.text += text_[at_];
    ++at_;
  }
  ++at_;
}

// From a quote or bracket to the one that closes it, without the two.
std::string ShellCommands::taken_up_to(char close) {
  const char open = text_[at_];
  const std::size_t begin = ++at_;
  for (int depth = 1; at_ < text_.size(); ++at_) {
    if (text_[at_] == close && --depth == 0) break;
    if (text_[at_] == open) ++depth;
  }
  return text_.substr(begin, at_++ - begin);
}

void ShellCommands::take_expansion(ShellWord& word) {
  const std::size_t begin = at_;
  std::optional<std::string> value;
  if (text_[at_] == '`') {
    value = output_of(taken_up_to('`'));
  } else if (++at_; at_ < text_.size() && text_[at_] == '(') {
    value = output_of(taken_up_to(')'));
  } else if (at_ < text_.size() && text_[at_] == '{') {
    value = value_of(taken_up_to('}'));
  } else {
    while (at_ < text_.size() && is_of_name(text_[at_])) ++at_;
    value = value_of(text_.substr(begin + 1, at_ - begin - 1));
  }
  if (!value) word.is_known = false;
  at_ = std::min(at_, text_.size());
  word.text += value.value_or(text_.substr(begin, at_ - begin));
}

std::optional<std::string> ShellCommands::value_of(const std::string& parameter) const {
  const std::size_t end =
      static_cast<std::size_t>(std::ranges::find_if_not(parameter, is_of_name) - parameter.begin());
  const auto variable = variables_.find(parameter.substr(0, end));
  if (variable != variables_.end() && (!variable->second || !variable->second->empty()))
    return variable->second;
  const std::string operation = parameter.substr(end);
  const std::size_t sign = operation.starts_with(":-") ? 2 : operation.starts_with('-') ? 1 : 0;
  if (sign == 0) return variable == variables_.end() ? std::nullopt : variable->second;
  if (sign == 1 && variable != variables_.end()) return variable->second;
  const auto otherwise = ShellCommands('"' + operation.substr(sign) + '"', variables_, directory_).next();
  return otherwise && otherwise->words.front().is_known ? std::optional(otherwise->words.front().text)
                                                        : std::nullopt;
}

std::optional<std::string> ShellCommands::output_of(const std::string& command) const {
  const auto first = ShellCommands(command, variables_, directory_).next();
  if (!first || !first->is_last || first->words.size() < 2 || !first->words.back().is_known)
    return std::nullopt;
  const std::vector<ShellWord>& words = first->words;
  const std::string& name = words.front().text;
  if (name == "id" && std::regex_match(words.at(1).text, std::regex("-[ugrn]+")))
    return words.size() == 3 ? std::optional(words.back().text) : std::nullopt;
  if (name != "cat" && name != "head" && name != "<") return std::nullopt;
  auto text = read_script(directory_ / words.back().text);
  if (!text) return std::nullopt;
  if (name == "head") text->resize(std::min(text->find('\n'), text->size()));
  while (text->ends_with('\n')) text->pop_back();
  return text;
}

}  // namespace greylisting::ctl
