#include "ctl/lists/overlaps.h"

#include <optional>
#include <utility>

#include "lists/list_file.h"
#include "lists/outside_lists.h"

namespace greylisting::ctl {
namespace {

void add_file(std::vector<OtherEntry>& others, ListFormat format, const std::string& file, Action action,
              const std::string& now) {
  const auto list = read_list(format, file);
  if (!list) return;
  for (const ListedPattern& line : list->entries) {
    if (!is_over(line, now))
      others.push_back({.entry = {.action = action, .pattern = line.pattern},
                        .place = file + ':' + std::to_string(line.line),
                        .is_stored = false});
  }
}

// What is to be said of another entry that matches some of the same attempts; empty for nothing.
std::string note_about(const Entry& entry, const OtherEntry& its) {
  const Entry& other = its.entry;
  const std::string about = its.place + " (" + text(other) + ')';
  const bool is_same = entry.pattern == other.pattern;
  const std::string both = is_same ? "" : " where both match";
  switch (precedence(entry, other)) {
    case Precedence::neither:
      return "";
    case Precedence::by_order:
      return "this entry counts, and not " + about + both + ": it is asked first";
    case Precedence::by_pattern:
      return "this entry counts, and not " + about + both + ": it is more specific";
    case Precedence::by_denial:
      return "this entry counts, and not " + about + both + ": of equals " + std::string(name(entry.action)) +
             " wins";
    case Precedence::is_the_other:
      break;
  }
  std::string why;
  switch (precedence(other, entry)) {
    case Precedence::by_order:
      why = ": it is asked first";
      break;
    case Precedence::by_pattern:
      why = ": it is more specific";
      break;
    default:
      why = ": of equals " + std::string(name(other.action)) + " wins";
      break;
  }
  return about + " counts, and not this entry" + both + why +
         (!is_same        ? ""
          : its.is_stored ? "; to undo it: greylistctl remove " + its.place
                          : "; to undo it take that line out");
}

}  // namespace

Overlaps::Overlaps(Administration& administration, const Settings& settings, const std::string& now)
    : search_(administration, settings), settings_(settings) {
  add_file(of_files_, ListFormat::plain, kDenyFile, Action::deny, now);
  add_file(of_files_, ListFormat::plain, kAllowFile, Action::allow, now);
  for (const NamedList& list : named_lists(settings.allow_lists)) {
    if (const auto format = list_format(list.format))
      add_file(of_files_, *format, list.file, Action::allow, now);
  }
}

std::vector<std::string> Overlaps::notes_about(const Entry& entry) {
  std::vector<std::string> notes;
  if (allows_by_unbelieved_name(entry, settings_)) {
    notes.push_back(std::string(entry.pattern.is_regexp() ? "it is held against the client's address alone"
                                                          : "it has no effect") +
                    " while trust_remote_host=never, because a client can have any name; set "
                    "trust_remote_host=paranoid and run tcpserver with -p, or allow its network");
  }
  std::vector<OtherEntry> others;
  for (const StoredEntry& stored : search_.around(entry.pattern)) {
    if (const auto its = try_to_read(stored)) others.push_back({.entry = *its, .place = stored.id});
  }
  others.insert(others.end(), of_files_.begin(), of_files_.end());
  for (const OtherEntry& other : others) {
    if (!can_meet(entry.pattern, other.entry.pattern)) continue;
    if (std::string note = note_about(entry, other); !note.empty()) notes.push_back(std::move(note));
  }
  if (entry.action == Action::greylist && !entry.block && !settings_.explicit_only && notes.empty())
    notes.emplace_back(
        "it changes nothing: without explicit=1 every recipient is greylisted that is not skipped");
  return notes;
}

}  // namespace greylisting::ctl
