// list_file: whatever the text, every line makes entries (a range makes several), a problem or nothing, no
// line both, and nothing is thrown; problems can be printed; an entry written in the plain format is read as
// the same entry. The input is the name of a format, a line end, and the text.

#include "lists/list_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <set>
#include <string>
#include <string_view>

#include "mail/reply.h"

using namespace greylisting;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

// As the plain format has it; the comment is of any bytes and stays out.
std::string plain(const ListedPattern& entry) {
  std::string line = std::string(word(entry.pattern.kind())) + ' ' + entry.pattern.text();
  if (!entry.until.empty()) line += " until=\"" + entry.until + '"';
  if (!entry.reply.empty()) line += " reply=\"" + entry.reply + '"';
  return line;
}

void check(const ListedPattern& entry) {
  expect(entry.until.empty() || entry.until.size() == 10 || entry.until.size() == 19);
  expect(entry.reply.empty() || is_reply(entry.reply, '4') || is_reply(entry.reply, '5'));
  expect(entry.comment.find('\n') == std::string::npos);
  expect(!is_over(entry, "1969-12-31 23:59:59"));
  expect(entry.until.empty() || is_over(entry, "9999-12-31 23:59:59") || entry.until >= "9999-12-31");

  const ListFile again = parse_list(ListFormat::plain, "again", plain(entry));
  expect(again.problems.empty() && again.entries.size() == 1);
  expect(again.entries[0].pattern == entry.pattern && again.entries[0].until == entry.until &&
         again.entries[0].reply == entry.reply && again.entries[0].comment.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto end = std::min(input.find('\n'), input.size());
  const auto format = list_format(input.substr(0, end));
  const std::string_view text = input.substr(std::min(end + 1, input.size()));
  if (!format) return 0;
  expect(name(*format) == input.substr(0, end));
  try {
    const ListFile list = parse_list(*format, "list", text);
    std::set<unsigned> lines;
    for (const ListedPattern& entry : list.entries) {
      expect(entry.line >= 1 && (lines.empty() || entry.line >= *lines.rbegin()));
      lines.insert(entry.line);
      check(entry);
    }
    for (const std::string& problem : list.problems) {
      expect(problem.starts_with("list:") && is_printable(problem));
      expect(lines.insert(static_cast<unsigned>(std::stoul(problem.substr(5)))).second);
    }
    expect(lines.empty() || *lines.rbegin() <= static_cast<unsigned>(std::ranges::count(text, '\n')) + 1);
  } catch (const std::exception&) {
    expect(false);
  }
  return 0;
}
