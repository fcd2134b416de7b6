#include "ctl/lists/entry_command.h"

#include "text/shell_word.h"
#include "text/utf8.h"

namespace greylisting::ctl {

std::string command_that_makes(const StoredEntry& entry, bool is_sure) {
  std::string command = "greylistctl " + one_line(entry.action);
  const auto add = [&command](const char* option, const std::string& value) {
    if (!value.empty()) command += option + shell_word(value);
  };
  add(" --until ", entry.expires == kForEver ? "" : entry.expires);
  add(" --block ", entry.block);
  add(" --reply ", entry.reply);
  add(" --comment ", line_of_utf8(entry.comment));
  if (is_sure) command += " --yes";
  const std::string pattern = one_line(entry.pattern);
  command += ' ' + one_line(subject_of(entry)) + (pattern.starts_with('-') ? " -- " : " ");
  return command + shell_word(pattern);
}

std::string command_that_restores(const StoredEntry& before, const Entry& now) {
  const auto entry = try_to_read(before);
  if (!entry || *entry == now) return "";
  // What is not said of an entry that is there stays.
  const bool has_less = (before.block.empty() && now.block) || (before.reply.empty() && !now.reply.empty()) ||
                        (before.comment.empty() && !now.comment.empty());
  if (!has_less) return command_that_makes(before, false);
  return "greylistctl remove " + before.id + " && " + command_that_makes(before, true);
}

std::vector<std::string> commands_that_remove(const std::vector<std::string>& ids, EntryTable& table) {
  std::string command = "greylistctl remove";
  const auto ranges = table.ranges_of(ids);
  for (const std::string& range : ranges) command += ' ' + range;
  return ranges.empty() ? std::vector<std::string>() : std::vector{command};
}

}  // namespace greylisting::ctl
