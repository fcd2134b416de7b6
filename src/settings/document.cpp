#include "settings/document.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "settings/table.h"
#include "text/ascii.h"

namespace greylisting {
namespace {

// What a setting's default is in words, marked up like its meaning.
std::string default_of(const Setting& setting) {
  if (!setting.computed_default.empty()) return std::string(setting.computed_default);
  const std::string value = setting.value_in(Settings());
  if (value.empty()) return "none";
  // A number needs no marks.
  return std::ranges::all_of(value, ascii::is_digit) ? value : '`' + value + '`';
}

std::string with_capital(std::string text) {
  text[0] = ascii::upper(text[0]);
  return text;
}

// mdoc wants a literal on a line of its own, with the punctuation that follows as words of their own, and
// every sentence on a new line.
class Mdoc {
 public:
  // Marked up text, which ends its line.
  void add(std::string_view text) {
    while (!text.empty()) {
      if (text.front() == '`') {
        const std::size_t end = text.find('`', 1);
        std::string_view rest = text.substr(end + 1);
        const std::string_view punctuation =
            rest.substr(0, std::min(rest.find_first_not_of(".,;:)"), rest.size()));
        add_literal(text.substr(1, end - 1), punctuation);
        text = rest.substr(punctuation.size());
      } else {
        const std::string_view plain = text.substr(0, text.find('`'));
        add_plain(plain);
        text.remove_prefix(plain.size());
      }
    }
    end_line();
  }

  void macro(std::string_view line) {
    end_line();
    page_.append(".").append(line).append("\n");
  }

  std::string take() { return std::move(page_); }

 private:
  void add_literal(std::string_view literal, std::string_view punctuation) {
    const bool is_quoted = literal.find_first_of(" [%") != std::string_view::npos ||
                           literal.starts_with('.') || literal.starts_with('-') || literal == "4NN" ||
                           literal == "5NN";
    std::string line(is_quoted ? "Ql " : literal.find('/') != std::string_view::npos ? "Pa " : "Cm ");
    if (literal.starts_with('.')) line += "\\&";
    line += literal;
    for (const char c : punctuation) line.append(" ").append(1, c);
    macro(line);
  }

  void add_plain(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(". "), text.size() - 1) + 1;
      std::string_view sentence = text.substr(0, end);
      text.remove_prefix(std::min(text.size(), end + (end < text.size() ? 1 : 0)));
      if (is_at_line_start())
        sentence.remove_prefix(std::min(sentence.find_first_not_of(' '), sentence.size()));
      while (sentence.ends_with(' ')) sentence.remove_suffix(1);
      page_ += sentence;
      if (!text.empty()) end_line();
    }
  }

  bool is_at_line_start() const { return page_.empty() || page_.back() == '\n'; }

  void end_line() {
    if (!is_at_line_start()) page_ += '\n';
  }

  std::string page_;
};

// A cell has no line end, and no bar.
std::string cell(std::string_view text) {
  std::string cell(text);
  std::ranges::replace(cell, '\n', ' ');
  return cell;
}

}  // namespace

std::string settings_as_mdoc() {
  Mdoc page;
  const auto table = setting_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Setting& setting = table[i];
    const SettingGroupText group = text_of(setting.group);
    if (i == 0 || table[i - 1].group != setting.group) {
      page.macro("Ss " + std::string(group.title));
      page.macro("Bl -tag -width Ds");
    }
    page.macro("It Cm " + std::string(setting.key) + " Pq Ev " + setting.variable);
    const std::string allowed = setting.allowed();
    // A literal is followed by a semicolon, so that the default is not taken for another of them.
    page.add(with_capital(allowed) + (allowed.starts_with('`') ? "; default " : ", default ") +
             default_of(setting) + '.');
    page.add(setting.meaning);
    if (const auto words = explained_words(setting); !words.empty()) {
      page.macro("Bl -tag -width envelope -compact");
      for (const auto& [word, meaning] : words) {
        page.macro("It Cm " + std::string(word));
        page.add(meaning);
      }
      page.macro("El");
    }
    if (i + 1 == table.size() || table[i + 1].group != setting.group) {
      page.macro("El");
      if (!group.note.empty()) {
        page.macro("Pp");
        page.add(group.note);
      }
    }
  }
  return page.take();
}

std::string settings_as_markdown() {
  std::string page;
  const auto table = setting_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Setting& setting = table[i];
    const SettingGroupText group = text_of(setting.group);
    if (i == 0 || table[i - 1].group != setting.group) {
      page.append("\n## ").append(group.title);
      page.append("\n\n| key | variable | range | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    }
    page.append("| `").append(setting.key).append("` | `").append(setting.variable).append("` | ");
    page.append(cell(setting.allowed())).append(" | ").append(cell(default_of(setting))).append(" | ");
    page.append(cell(setting.meaning));
    for (const auto& [word, meaning] : explained_words(setting))
      page.append(" `").append(word).append("`: ").append(cell(meaning)).append(".");
    page.append(" |\n");
    if ((i + 1 == table.size() || table[i + 1].group != setting.group) && !group.note.empty())
      page.append("\n").append(group.note).append("\n");
  }
  return page + '\n';
}

std::string with_generated(std::string_view document, std::string_view text) {
  const std::size_t begin = document.find(kBeginOfGenerated);
  const std::size_t end = document.find(kEndOfGenerated);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    throw std::runtime_error("there is no line with \"" + std::string(kBeginOfGenerated) +
                             "\" before one with \"" + std::string(kEndOfGenerated) +
                             "\"; put both where the settings are to be");
  }
  const std::size_t first = document.find('\n', begin) + 1;
  const std::size_t last = document.rfind('\n', end) + 1;
  return std::string(document.substr(0, first)).append(text).append(document.substr(last));
}

}  // namespace greylisting
