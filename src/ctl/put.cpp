#include <chrono>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/lists/entry_command.h"
#include "ctl/lists/entry_json.h"
#include "ctl/lists/entry_table.h"
#include "ctl/lists/hindsight.h"
#include "ctl/lists/overlaps.h"
#include "ctl/print/json.h"
#include "ctl/print/take_back.h"
#include "ctl/print/terminal.h"
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

// What became of an entry, or would.
struct Change {
  StoredEntry entry;  // without an id where it would be new
  bool is_new = true;
  bool is_same = false;              // as one that is there, and counts
  std::vector<std::string> notes{};  // what other entries decide of the same attempts
};

struct Result {
  std::vector<Change> changes{};
  std::vector<std::string> notes{};
  std::vector<std::string> undo{};  // commands
};

StoredEntry as_stored(const Entry& entry, const std::string& id) {
  return {.id = id,
          .action = std::string(name(entry.action)),
          .kind = std::string(name(entry.pattern.kind())),
          .pattern = entry.pattern.text(),
          .block = entry.block ? std::to_string(entry.block->count()) : "",
          .reply = entry.reply,
          .expires = entry.expires,
          .comment = entry.comment};
}

// What is expired counts no more than what is not there.
std::vector<std::string> undo_of(const std::vector<Entry>& entries, const std::vector<StoredEntry>& before,
                                 const Result& result, EntryTable& table) {
  std::vector<std::string> added;
  std::vector<std::string> commands;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (before[i].id.empty() || before[i].is_over) {
      added.push_back(result.changes[i].entry.id);
    } else if (std::string command = command_that_restores(before[i], entries[i]); !command.empty()) {
      commands.push_back(std::move(command));
    }
  }
  for (std::string& command : commands_that_remove(added, table)) commands.push_back(std::move(command));
  return commands;
}

void print(const std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < notes.size() && i < kMaxNotes; ++i) std::cout << "note: " << notes[i] << '\n';
  if (notes.size() > kMaxNotes)
    std::cout << "note: and so with " << notes.size() - kMaxNotes << " more entries: greylistctl list\n";
}

void print(const Result& result, const std::vector<Entry>& entries, bool dry_run) {
  print(result.notes);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Change& change = result.changes[i];
    if (change.is_same) {
      std::cout << change.entry.id << " is there already";
    } else if (dry_run) {
      std::cout << (change.is_new ? "would add" : "would change " + change.entry.id);
    } else {
      std::cout << (change.is_new ? "" : "changed ") << change.entry.id;
    }
    std::cout << ": " << text(entries[i]) << ',' << until(entries[i].expires) << '\n';
    print(change.notes);
  }
  print_take_back(result.undo);
}

Json json_of(const Result& result, bool dry_run) {
  Json array = Json::array();
  for (const Change& change : result.changes) {
    Json entry{{"change", change.is_new ? "added" : change.is_same ? "none" : "changed"}};
    entry.set(json_of(change.entry));
    if (change.entry.id.empty()) entry.set("id", Json());
    entry.set("notes", json_texts(change.notes));
    array.push_back(entry);
  }
  return {{"dry_run", dry_run},
          {"entries", array},
          {"notes", json_texts(result.notes)},
          {"undo", json_texts(result.undo)}};
}

}  // namespace

int put(const LoadedSettings& loaded, const PutOptions& options) {
  std::vector<Entry> entries = entries_of(options);
  const auto administration = open_administration(loaded.settings);
  EntryTable table(*administration, loaded.settings);
  const std::string now = administration->now();
  const std::string expires = expiry_of(options, now);
  Overlaps overlaps(*administration, loaded.settings, now);
  std::vector<StoredEntry> before;  // without an id for one that is new
  std::vector<Entry> to_ask_of;     // what does not count yet
  for (Entry& entry : entries) {
    entry.expires = expires;
    const auto old = table.find(entry.action, {entry.pattern});
    if (!old.empty()) keep(entry, old.front(), options);
    if (const auto why = objection(entry)) throw UsageError(*why);
    before.push_back(old.empty() ? StoredEntry() : old.front());
    if (old.empty() || old.front().is_over) to_ask_of.push_back(entry);
  }
  Result result;
  const auto warnings = warnings_about(to_ask_of, *administration, loaded.settings);
  if (options.json) {
    require_meant(warnings, options.is_sure, options.dry_run);
    result.notes = warnings;
  } else if (!are_meant(warnings, options.is_sure, options.dry_run, can_ask())) {
    return kFailed;
  }

  if (!options.dry_run) table.put(entries);
  if (options.comment && stored_comment(*options.comment) != line_of_utf8(*options.comment))
    result.notes.push_back("the comment is longer than there is room for, and cut: " +
                           entries.front().comment);
  if (const std::string doubt = doubt_about_deferral(options.reply.value_or("")); !doubt.empty())
    result.notes.push_back("--reply: " + doubt);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    result.changes.push_back({.entry = options.dry_run ? as_stored(entry, before[i].id)
                                                       : table.find(entry.action, {entry.pattern}).at(0),
                              .is_new = before[i].id.empty(),
                              .is_same = !before[i].id.empty() && try_to_read(before[i]) == entry,
                              .notes = overlaps.notes_about(entry)});
  }
  if (!options.dry_run) result.undo = undo_of(entries, before, result, table);
  if (options.json) {
    std::cout << json_of(result, options.dry_run).text() << '\n';
  } else {
    print(result, entries, options.dry_run);
  }
  return kDone;
}

}  // namespace greylisting::ctl
