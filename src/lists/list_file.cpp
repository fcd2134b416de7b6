#include "lists/list_file.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "mail/reply.h"
#include "settings/control_file.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting {
namespace {

constexpr std::size_t kMaxFile = std::size_t{16} << 20U;
constexpr std::size_t kLongestWord = 100;  // of a word in a message
constexpr std::string_view kBlanks = " \t\r\n\v\f";

constexpr std::array<std::pair<std::string_view, ListFormat>, 5> kFormats{{
    {"plain", ListFormat::plain},
    {"postgrey-clients", ListFormat::postgrey_clients},
    {"postgrey-recipients", ListFormat::postgrey_recipients},
    {"sqlgrey-ip", ListFormat::sqlgrey_ip},
    {"sqlgrey-fqdn", ListFormat::sqlgrey_fqdn},
}};

// What is wrong with a line; what() says it and what is allowed.
class LineError : public std::runtime_error {
 public:
  LineError(std::string_view word, const std::string& why)
      : runtime_error(in_quotes(word, kLongestWord) + ' ' + why) {}
};

// The words of a line, up to its comment.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) { skip_blanks(); }

  bool is_at_end() const { return rest_.empty() || rest_.starts_with('#'); }
  std::string_view comment() const { return rest_.empty() ? rest_ : trimmed(rest_.substr(1)); }

  std::string_view next() { return take(rest_.find_first_of(kBlanks)); }

  // A word, or key="some words": the quote that ends it has a blank or nothing after it.
  std::string_view next_option() {
    const auto quote = rest_.find('"');
    if (quote == std::string_view::npos || rest_.find_first_of(kBlanks) < quote) return next();
    for (auto end = rest_.find('"', quote + 1); end != std::string_view::npos;
         end = rest_.find('"', end + 1)) {
      if (end + 1 == rest_.size() || kBlanks.find(rest_[end + 1]) != std::string_view::npos)
        return take(end + 1);
    }
    throw LineError(rest_, "has a quote that is not ended");
  }

 private:
  std::string_view take(std::size_t size) {
    const std::string_view word = rest_.substr(0, size);
    rest_.remove_prefix(word.size());
    skip_blanks();
    return word;
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kBlanks), rest_.size())); }

  std::string_view rest_;
};

void read_option(ListedPattern& entry, std::string_view option) {
  const auto equals = option.find('=');
  const std::string_view key = option.substr(0, equals);
  if (equals == std::string_view::npos || (key != "until" && key != "reply")) {
    throw LineError(option,
                    "is not until=DATE or reply=\"5NN text\", which is all that can follow a pattern; a "
                    "comment begins with #");
  }
  std::string_view value = option.substr(equals + 1);
  if (value.size() > 1 && value.starts_with('"') && value.ends_with('"'))
    value = value.substr(1, value.size() - 2);

  std::string& member = key == "until" ? entry.until : entry.reply;
  if (!member.empty()) throw LineError(option, "is the second " + std::string(key) + " of this line");
  const auto end = end_of(value);
  if (key == "until" && !end)
    throw LineError(option, "is not until=YYYY-MM-DD or until=\"YYYY-MM-DD hh:mm:ss\" (UTC)");
  if (key == "reply" && !is_reply(value, '5') && !is_reply(value, '4')) {
    throw LineError(option,
                    "is not an SMTP reply in quotes: reply=\"5NN text\" or reply=\"4NN text\" in printable "
                    "ASCII, at most " +
                        std::to_string(kMaxReply) + " characters");
  }
  member = key == "until" && value.size() != 10 ? *end : std::string(value);
}

std::vector<ListedPattern> read_plain(std::string_view line) {
  Words words(line);
  if (words.is_at_end()) return {};
  std::string_view subject = "client";
  std::string_view text = words.next();
  if (text == "client" || text == "sender" || text == "recipient") {
    subject = text;
    if (words.is_at_end()) throw LineError(subject, "has no pattern after it");
    text = words.next();
  }
  std::vector<Pattern> patterns = patterns_of(subject, text);
  ListedPattern entry{.pattern = patterns.front()};
  while (!words.is_at_end()) read_option(entry, words.next_option());
  entry.comment = words.comment();
  std::vector<ListedPattern> entries(patterns.size(), entry);
  for (std::size_t i = 0; i < patterns.size(); ++i) entries[i].pattern = std::move(patterns[i]);
  return entries;
}

bool is_of_digits_and_dots(std::string_view text) {
  return text.find_first_not_of("0123456789.") == std::string_view::npos;
}

// What Postfix calls a client without a name.
bool is_nameless(std::string_view entry) {
  return entry == "unknown" || entry == "/unknown/" || entry == "/^unknown$/";
}

Pattern postgrey_client(std::string_view entry) {
  if (is_nameless(entry)) return Pattern::parse("client", "<>");
  if (entry.starts_with('=') || entry.starts_with('*')) {
    throw LineError(entry, "is not a name, which Postgrey has without " + std::string(1, entry[0]) +
                               " and takes for the domain and its subdomains");
  }
  const auto dots = std::ranges::count(entry, '.');
  if (is_of_digits_and_dots(entry) && (dots == 0 || entry.ends_with('.'))) {
    throw LineError(entry,
                    "is a name to Postgrey, and none ends in a number; write a network as 192.0.2 or "
                    "192.0.2.0/24");
  }
  return Pattern::parse("client", entry);
}

Pattern postgrey_recipient(std::string_view entry) {
  if (entry.starts_with('=') || entry.starts_with('*')) {
    throw LineError(entry, "is not a domain, which Postgrey has without " + std::string(1, entry[0]) +
                               " and takes for the domain and its subdomains");
  }
  return Pattern::parse("recipient", entry);
}

Pattern sqlgrey_address(std::string_view entry) {
  const bool is_number = entry.find_first_not_of("0123456789abcdefABCDEF:./") == std::string_view::npos;
  if (is_number && !entry.ends_with('.')) {
    Pattern pattern = Pattern::parse("client", entry);
    if (pattern.kind() == PatternKind::network) return pattern;
  }
  throw LineError(entry, "is not an address, a network (192.0.2.0/24) or the first octets of one (192.0.2)");
}

Pattern sqlgrey_name(std::string_view entry) {
  if (is_nameless(entry)) return Pattern::parse("client", "<>");
  if (entry.starts_with('/')) return Pattern::parse("client", entry);
  if (entry.starts_with("*.")) {
    const std::string_view domain = entry.substr(2);
    const bool is_regexp = domain.find_first_of("*+?()[]{}|\\^$") != std::string_view::npos;
    if (is_regexp) return Pattern::parse("client", std::string("/\\.").append(domain).append("$/"));
    return Pattern::parse("client", entry);
  }
  if (entry.find('.') == std::string_view::npos)
    throw LineError(entry, "is not a name with a dot in it, *.domain or /regexp/");
  return Pattern::parse("client", '=' + std::string(entry));
}

std::vector<ListedPattern> read_foreign(Pattern (*read)(std::string_view), std::string_view line) {
  const auto hash = std::min(line.find('#'), line.size());
  const std::string_view entry = trimmed(line.substr(0, hash));
  if (entry.empty()) return {};
  ListedPattern listed{.pattern = read(entry)};
  listed.comment = trimmed(line.substr(std::min(hash + 1, line.size())));
  return {listed};
}

std::vector<ListedPattern> read_line(ListFormat format, std::string_view line) {
  switch (format) {
    case ListFormat::plain:
      return read_plain(line);
    case ListFormat::postgrey_clients:
      return read_foreign(postgrey_client, line);
    case ListFormat::postgrey_recipients:
      return read_foreign(postgrey_recipient, line);
    case ListFormat::sqlgrey_ip:
      return read_foreign(sqlgrey_address, line);
    case ListFormat::sqlgrey_fqdn:
      break;
  }
  return read_foreign(sqlgrey_name, line);
}

}  // namespace

std::optional<ListFormat> list_format(std::string_view name) {
  for (const auto& [word, format] : kFormats) {
    if (word == name) return format;
  }
  return std::nullopt;
}

std::string_view name(ListFormat format) {
  return std::ranges::find(kFormats, format, [](const auto& each) { return each.second; })->first;
}

bool is_over(const ListedPattern& entry, std::string_view now) {
  // A date lasts to its day's end, a time to its second.
  const std::string& until = entry.until;
  if (until.empty()) return false;
  return until.size() == 10 ? date_of(now) > until : now >= until;
}

ListFile parse_list(ListFormat format, const std::string& file, std::string_view text) {
  ListFile list;
  text = without_byte_order_mark(text);
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    try {
      for (ListedPattern& entry : read_line(format, line)) {
        entry.line = number;
        list.entries.push_back(std::move(entry));
      }
    } catch (const std::runtime_error& error) {
      list.problems.push_back(file + ':' + std::to_string(number) + ": " + error.what() +
                              ". Ignoring this line");
    }
  }
  return list;
}

std::optional<ListFile> read_list(ListFormat format, const std::string& file) {
  const ControlFileText content = read_control_file(file, kMaxFile);
  if (content.is_missing) return std::nullopt;
  ListFile list = parse_list(format, file, content.text);
  if (!content.why.empty()) {
    list.problems.push_back(problem_with(file, content, "nothing in it counts"));
    list.is_read = false;
  }
  return list;
}

}  // namespace greylisting
