#include "ctl/imports/content.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "ctl/lists/entry_json.h"
#include "lists/list_file.h"
#include "mail/reply.h"
#include "settings/control_file.h"
#include "text/utc.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

// Of a file of JSON, in which an entry is longer than a line.
constexpr std::size_t kMaxFile = std::size_t{256} << 20U;

std::string standard_input() { return {std::istreambuf_iterator<char>(std::cin), {}}; }

[[noreturn]] void refuse_missing(const std::string& file) {
  throw std::runtime_error(file + ": there is no such file; name another");
}

// What a shell makes of <(command) is a pipe, too.
void refuse_special(const std::string& file) {
  std::error_code error;
  if (file != "-" && std::filesystem::is_other(file, error))
    throw std::runtime_error(file + ": is not a regular file; name one, or - to read standard input");
}

Entry entry_of(const ListedPattern& listed, const ImportOptions& options) {
  const Action action = options.action.value_or(Action::allow);
  return {
      .action = action,
      .pattern = listed.pattern,
      .reply = action == Action::deny ? listed.reply : "",
      .expires = listed.until.empty() ? std::string(kForEver) : end_of(listed.until).value_or(listed.until),
      .comment = stored_comment(listed.comment.empty() ? options.comment : listed.comment)};
}

// `place` says where the entry is.
void add_doubt(ListContent& content, const Entry& entry, auto place) {
  if (const std::string doubt = doubt_about_deferral(entry.reply); !doubt.empty())
    content.doubts.push_back(place() + ": reply: " + doubt);
}

ListContent content_of_lines(ListFormat format, const ImportOptions& options) {
  auto list = options.file == "-" ? parse_list(format, name_of(options), standard_input())
                                  : read_list(format, options.file);
  if (!list) refuse_missing(options.file);
  // What is said without a line's number is said of the whole file.
  ListContent content{.problems = std::move(list->problems)};
  content.is_unusable = std::ranges::any_of(content.problems, [&options](const std::string& problem) {
    return problem.starts_with(options.file + ": ");
  });
  for (const ListedPattern& listed : list->entries) {
    Entry entry = entry_of(listed, options);
    if (entry.comment != line_of_utf8(listed.comment.empty() ? options.comment : listed.comment))
      ++content.cut;
    const auto place = [&] { return name_of(options) + ':' + std::to_string(listed.line); };
    if (const auto why = objection(entry)) {
      content.problems.push_back(place() + ": " + *why);
    } else {
      add_doubt(content, entry, place);
      content.entries.push_back(std::move(entry));
    }
  }
  return content;
}

ListContent content_of_json(const ImportOptions& options) {
  ControlFileText file;
  if (options.file == "-") {
    file.text = standard_input();
  } else {
    file = read_control_file(options.file, kMaxFile);
    if (file.is_missing) refuse_missing(options.file);
    if (!file.why.empty())
      return {.problems = {problem_with(options.file, file, "nothing in it counts")}, .is_unusable = true};
  }
  JsonList list = parse_json_list(name_of(options), file.text);
  if (!list.why_not.empty()) return {.problems = {list.why_not}, .is_unusable = true};
  for (Entry& entry : list.entries) {
    if (entry.comment.empty()) entry.comment = stored_comment(options.comment);
  }
  ListContent content{.entries = std::move(list.entries), .problems = std::move(list.problems)};
  for (const Entry& entry : content.entries) add_doubt(content, entry, [&] { return text(entry); });
  return content;
}

}  // namespace

ListContent read_content(const ImportOptions& options) {
  refuse_special(options.file);
  return options.format ? content_of_lines(*options.format, options) : content_of_json(options);
}

std::string name_of(const ImportOptions& options) {
  return options.file == "-" ? "standard input" : options.file;
}

}  // namespace greylisting::ctl
