#include "ctl/check/shell_words.h"

#include <algorithm>
#include <regex>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/check/content.h"
#include "text/ascii.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kLargestScript = 65536;

bool is_of_name(char c) { return c == '_' || ascii::is_letter_or_digit(c); }

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

std::optional<std::vector<ShellWord>> ShellCommands::next() {
  std::vector<ShellWord> words;
  std::optional<ShellWord> word;
  const auto end_word = [&] {
    if (word) words.push_back(std::move(*word));
    word.reset();
  };
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\n' || c == ';') {
      ++at_;
      end_word();
      if (!words.empty()) return words;
    } else if (c == ' ' || c == '\t') {
      ++at_;
      end_word();
    } else if (c == '#' && !word) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (c == '\\' && text_.compare(at_, 2, "\\\n") == 0) {
      at_ += 2;
    } else {
      if (!word) word.emplace();
      if (c == '\'') {
        word->text += taken_up_to('\'');
      } else if (c == '"') {
        take_quoted(*word);
      } else if (c == '$' || c == '`') {
        take_expansion(*word);
      } else {
        if (c == '\\') ++at_;
        if (at_ < text_.size()) word->text += text_[at_++];
      }
    }
  }
  end_word();
  return words.empty() ? std::nullopt : std::optional(std::move(words));
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
  return otherwise && otherwise->front().is_known ? std::optional(otherwise->front().text) : std::nullopt;
}

std::optional<std::string> ShellCommands::output_of(const std::string& command) const {
  const auto words = ShellCommands(command, variables_, directory_).next();
  if (!words || words->size() < 2 || !words->back().is_known) return std::nullopt;
  const std::string& name = words->front().text;
  if (name == "id" && std::regex_match(words->at(1).text, std::regex("-[ugrn]+")))
    return words->size() == 3 ? std::optional(words->back().text) : std::nullopt;
  if (name != "cat" && name != "head" && name != "<") return std::nullopt;
  auto text = read_script(directory_ / words->back().text);
  if (!text) return std::nullopt;
  if (name == "head") text->resize(std::min(text->find('\n'), text->size()));
  while (text->ends_with('\n')) text->pop_back();
  return text;
}

}  // namespace greylisting::ctl
