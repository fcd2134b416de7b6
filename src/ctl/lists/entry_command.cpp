#include "ctl/lists/entry_command.h"

#include "ctl/print/typed_command.h"
#include "text/utf8.h"

namespace greylisting::ctl {

std::string command_that_makes(const StoredEntry& entry, bool is_sure) {
  TypedCommand command(one_line(entry.action));
  command.option("--until", entry.expires == kForEver ? "" : entry.expires)
      .option("--block", entry.block)
      .option("--reply", entry.reply)
      .option("--comment", line_of_utf8(entry.comment));
  if (is_sure) command.flag("--yes");
  return command.with({subject_of(entry), entry.pattern});
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
