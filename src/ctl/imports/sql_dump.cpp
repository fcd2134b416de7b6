#include "ctl/imports/sql_dump.h"

#include <algorithm>
#include <utility>

#include "text/ascii.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

// Takes words, names and values from the text in front of it.
class DumpReader {
 public:
  DumpReader(std::string_view text, const std::function<void(const DumpedRow& row)>& take)
      : text_(text), has_escapes_(text.find("INTO `") != std::string_view::npos), take_(take) {}

  std::vector<std::size_t> read() {
    while (place_ < text_.size()) {
      const std::size_t begin = place_;
      if (takes_word("insert")) {
        if (!insert()) fail(begin);
      } else if (takes_word("copy")) {
        if (!copy()) fail(begin);
      } else {
        skip_line();
      }
    }
    return std::move(failures_);
  }

 private:
  bool insert() {
    if (!takes_word("into") || !name(table_)) return false;
    columns_.clear();
    if (takes('(') && !names()) return false;
    if (!takes_word("values")) return false;
    do {
      skip_blanks();
      const std::size_t line = line_at(place_);
      if (!takes('(') || !values()) return false;
      take_({table_, columns_, values_, line});
    } while (takes(','));
    return takes(';');
  }

  // Lines of columns with tabs between them, up to `\.`.
  bool copy() {
    if (!name(table_)) return false;
    columns_.clear();
    if (takes('(') && !names()) return false;
    if (!takes_word("from") || !takes_word("stdin") || !takes(';')) return false;
    skip_line();
    while (place_ < text_.size()) {
      const std::size_t line = line_at(place_);
      std::string_view rest = text_.substr(place_, text_.find('\n', place_) - place_);
      skip_line();
      if (rest == "\\.") return true;
      values_.clear();
      for (bool is_last = false; !is_last;) {
        const std::size_t tab = rest.find('\t');
        is_last = tab == std::string_view::npos;
        values_.push_back(copied(rest.substr(0, tab)));
        rest.remove_prefix(std::min(rest.size(), tab == std::string_view::npos ? tab : tab + 1));
      }
      take_({table_, columns_, values_, line});
    }
    return false;
  }

  static std::string copied(std::string_view text) {
    std::string value;
    if (text == "\\N") return value;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) ++i;
      value += text[i];
    }
    return value;
  }

  void skip_blanks() { place_ = std::min(text_.find_first_not_of(kBlanks, place_), text_.size()); }

  void skip_line() { place_ = std::min(text_.find('\n', place_), text_.size() - 1) + 1; }

  bool takes(char c) {
    skip_blanks();
    if (place_ >= text_.size() || text_[place_] != c) return false;
    ++place_;
    return true;
  }

  bool takes_word(std::string_view word) {
    skip_blanks();
    if (ascii::lower(text_.substr(place_, word.size())) != word) return false;
    const std::size_t end = place_ + word.size();
    if (end < text_.size() && (ascii::is_letter_or_digit(text_[end]) || text_[end] == '_')) return false;
    place_ = end;
    return true;
  }

  // `name`, "name", schema.name, of which the last counts.
  bool name(std::string& found) {
    do {
      skip_blanks();
      if (place_ >= text_.size()) return false;
      const char quote = text_[place_];
      if (quote == '`' || quote == '"') {
        const std::size_t end = text_.find(quote, place_ + 1);
        if (end == std::string_view::npos) return false;
        found = text_.substr(place_ + 1, end - place_ - 1);
        place_ = end + 1;
      } else {
        const std::size_t end = std::min(text_.find_first_of(" \t\r\n.,;()", place_), text_.size());
        found = text_.substr(place_, end - place_);
        place_ = end;
      }
    } while (takes('.'));
    return !found.empty();
  }

  bool names() {
    do {
      std::string column;
      if (!name(column)) return false;
      columns_.push_back(std::move(column));
    } while (takes(','));
    return takes(')');
  }

  bool values() {
    values_.clear();
    do {
      std::string value;
      skip_blanks();
      if (place_ >= text_.size()) return false;
      if (text_[place_] == '\'' ? !quoted_value(value) : !bare_value(value)) return false;
      values_.push_back(std::move(value));
    } while (takes(','));
    return takes(')');
  }

  bool quoted_value(std::string& value) {
    for (++place_; place_ < text_.size(); ++place_) {
      const char next = place_ + 1 < text_.size() ? text_[place_ + 1] : '\0';
      const bool is_doubled = text_[place_] == '\'' && next == '\'';
      if (text_[place_] == '\'' && !is_doubled) {
        ++place_;
        return true;
      }
      if (is_doubled || (has_escapes_ && text_[place_] == '\\' && place_ + 1 < text_.size())) ++place_;
      value += text_[place_];
    }
    return false;
  }

  bool bare_value(std::string& value) {
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n,;()'", place_), text_.size());
    value = text_.substr(place_, end - place_);
    place_ = end;
    if (ascii::lower(value) == "null") value.clear();
    return end > 0 && end < text_.size();
  }

  void fail(std::size_t begin) {
    failures_.push_back(line_at(std::max(begin, std::min(place_, text_.size() - 1))));
    skip_line();
  }

  // Of a place after the one that was asked for before it.
  std::size_t line_at(std::size_t place) {
    if (place > counted_) {
      line_ += static_cast<std::size_t>(std::ranges::count(text_.substr(counted_, place - counted_), '\n'));
      counted_ = place;
    }
    return line_;
  }

  std::string_view text_;
  bool has_escapes_;  // MySQL's, which quotes names so
  const std::function<void(const DumpedRow& row)>& take_;
  std::size_t place_ = 0;
  std::size_t counted_ = 0;
  std::size_t line_ = 1;
  std::string table_;
  std::vector<std::string> columns_;
  std::vector<std::string> values_;
  std::vector<std::size_t> failures_;
};

}  // namespace

std::vector<std::size_t> read_dump(std::string_view text,
                                   const std::function<void(const DumpedRow& row)>& take) {
  return DumpReader(text, take).read();
}

}  // namespace greylisting::ctl
