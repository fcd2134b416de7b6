#include "ctl/lists/list_line.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "text/printable.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

// What Postgrey and SQLgrey call a client without a name, which is <> here.
constexpr std::string_view kNameless = "unknown";

std::string plain(const Entry& entry) {
  std::string line(word(entry.pattern.kind()));
  line.append(" ").append(entry.pattern.text());
  if (entry.expires != kForEver) line.append(" until=\"").append(entry.expires).append("\"");
  if (!entry.reply.empty()) line.append(" reply=\"").append(entry.reply).append("\"");
  return line;
}

bool is_domain_with_subdomains(const Pattern& pattern) {
  return pattern.kind() == PatternKind::host && !pattern.is_regexp() && pattern.key()[1] == '.';
}

// The lines of a pattern, and what is read of them.
struct Written {
  std::vector<std::string> lines;
  std::vector<Pattern> patterns;
};

Written written(ListFormat format, const Entry& entry) {
  const Pattern& pattern = entry.pattern;
  if (format == ListFormat::plain) return {{plain(entry)}, {pattern}};
  if (pattern.text() == "<>") return {{std::string(kNameless)}, {pattern}};
  if (format == ListFormat::sqlgrey_fqdn) {
    const std::string alone = '=' + pattern.text();
    const std::string subdomains = "*." + pattern.text();
    if (is_domain_with_subdomains(pattern)) {
      return {{pattern.text(), subdomains},
              {Pattern::parse("client", alone), Pattern::parse("client", subdomains)}};
    }
    if (pattern.text().starts_with('=')) return {{pattern.text().substr(1)}, {pattern}};
  }
  return {{pattern.is_regexp() ? pattern.text() : unescaped(pattern.text())}, {pattern}};
}

// Whether the lines say what they are meant to say, to whoever reads the format.
bool are_read_back(ListFormat format, const Entry& entry, const Written& written) {
  std::string text;
  for (const std::string& line : written.lines) text += line + '\n';
  const ListFile list = parse_list(format, "", text);
  return list.problems.empty() &&
         std::ranges::equal(
             list.entries, written.patterns, [&entry](const ListedPattern& listed, const Pattern& pattern) {
               const std::string until = entry.expires == kForEver ? "" : entry.expires;
               return listed.pattern == pattern && listed.until == until && listed.reply == entry.reply;
             });
}

// What stands in the way, the most telling first.
std::string why_not(ListFormat format, Entry entry) {
  const bool is_plain = format == ListFormat::plain;
  if (!is_plain && entry.expires != kForEver) return "an end (" + entry.expires + " UTC)";
  if (!is_plain && !entry.reply.empty()) return "a reply";
  // A quote with a blank after it ends the reply.
  entry.reply.clear();
  return are_read_back(format, entry, written(format, entry)) ? "such a reply" : "such a pattern";
}

}  // namespace

ListLine list_line(ListFormat format, const Entry& entry) {
  if (entry.block) return {.why_not = "a block of its own"};
  const Written lines = written(format, entry);
  if (!are_read_back(format, entry, lines)) return {.why_not = why_not(format, entry)};
  ListLine line;
  for (const std::string& each : lines.lines) {
    line.text += each;
    if (!entry.comment.empty()) line.text.append(" # ").append(line_of_utf8(entry.comment));
    line.text += '\n';
  }
  return line;
}

}  // namespace greylisting::ctl
