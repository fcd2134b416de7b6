#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/lists/entry_table.h"
#include "ctl/lists/hindsight.h"
#include "ctl/lists/overlaps.h"
#include "ctl/print/terminal.h"
#include "ctl/print/words.h"
#include "mail/reply.h"
#include "text/utc.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kMaxNotes = 10;

Entry entry_of(const PutOptions& options, Pattern pattern) {
  Entry entry{.action = options.action, .pattern = std::move(pattern)};
  if (options.block) entry.block = std::chrono::minutes(*options.block);
  entry.reply = options.reply.value_or("");
  entry.comment = stored_comment(options.comment.value_or(""));
  if (!entry.reply.empty() && !is_reply(entry.reply, '4') && !is_reply(entry.reply, '5')) {
    throw UsageError(
        "--reply: \"" + one_line(entry.reply) +
        "\" is not an SMTP reply: it has to be 4NN or 5NN, a blank and a text in printable ASCII, at "
        "most " +
        std::to_string(kMaxReply) + " characters");
  }
  return entry;
}

// One for each pattern that the words mean.
std::vector<Entry> entries_of(const PutOptions& options) {
  std::vector<Entry> entries;
  auto patterns = patterns_meant_by(options.words, options.action);
  entries.reserve(patterns.size());
  for (Pattern& pattern : patterns) entries.push_back(entry_of(options, std::move(pattern)));
  return entries;
}

std::string expiry_of(const PutOptions& options, const std::string& now) {
  if (!options.duration.empty()) {
    const auto duration = duration_of(options.duration);
    if (!duration) {
      throw UsageError("--for: \"" + one_line(options.duration) +
                       "\" is not a duration: 90m, 12h, 30d or 2w, at most 100 years");
    }
    return later(now, *duration);
  }
  if (options.until.empty()) return std::string(kForEver);
  const auto end = end_of(options.until);
  if (!end) {
    throw UsageError("--until: \"" + one_line(options.until) +
                     R"(" is not a date: YYYY-MM-DD or "YYYY-MM-DD hh:mm:ss" (UTC))");
  }
  if (*end <= now)
    throw UsageError("--until: " + *end + " is in the past: the store's clock says " + now + " UTC");
  return *end;
}

// What is not said of an entry that is there already stays, but for its time.
void keep(Entry& entry, const StoredEntry& old, const PutOptions& options) {
  if (!options.comment) entry.comment = stored_comment(old.comment);
  if (!options.reply) entry.reply = old.reply;
  if (const auto before = try_to_read(old); before && !options.block) entry.block = before->block;
}

void print(const std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < notes.size() && i < kMaxNotes; ++i) std::cout << "note: " << notes[i] << '\n';
  if (notes.size() > kMaxNotes)
    std::cout << "note: and so with " << notes.size() - kMaxNotes << " more entries: greylistctl list\n";
}

}  // namespace

int put(const LoadedSettings& loaded, const PutOptions& options) {
  std::vector<Entry> entries = entries_of(options);
  const auto administration = open_administration(loaded.settings);
  EntryTable table(*administration, loaded.settings);
  const std::string now = administration->now();
  const std::string expires = expiry_of(options, now);
  Overlaps overlaps(*administration, loaded.settings, now);
  std::vector<std::string> old_ids;  // empty for one that is new
  std::vector<Entry> to_ask_of;      // what does not count yet
  for (Entry& entry : entries) {
    entry.expires = expires;
    const auto old = table.find(entry.action, {entry.pattern});
    if (!old.empty()) keep(entry, old.front(), options);
    if (const auto why = objection(entry)) throw UsageError(*why);
    old_ids.push_back(old.empty() ? "" : old.front().id);
    if (old.empty() || old.front().is_over) to_ask_of.push_back(entry);
  }
  if (!are_meant(warnings_about(to_ask_of, *administration, loaded.settings), options.is_sure,
                 options.dry_run, can_ask()))
    return kFailed;

  if (!options.dry_run) table.put(entries);
  if (options.comment && stored_comment(*options.comment) != line_of_utf8(*options.comment))
    std::cout << "note: the comment is longer than there is room for, and cut: " << entries.front().comment
              << '\n';
  const std::string reply = options.reply.value_or("");
  const std::string doubt = reply.starts_with('4') ? doubt_about_deferral(reply) : "";
  if (!doubt.empty()) std::cout << "note: --reply: " << doubt << '\n';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    if (options.dry_run) {
      std::cout << (old_ids[i].empty() ? "would add" : "would change " + old_ids[i]);
    } else {
      std::cout << (old_ids[i].empty() ? "" : "changed ")
                << table.find(entry.action, {entry.pattern}).at(0).id;
    }
    std::cout << ": " << text(entry) << ',' << until(entry.expires) << '\n';
    print(overlaps.notes_about(entry));
  }
  return kDone;
}

}  // namespace greylisting::ctl
