#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ctl/batches.h"
#include "ctl/commands.h"
#include "ctl/imports/jgreylist.h"
#include "ctl/imports/known.h"
#include "ctl/imports/postgrey.h"
#include "ctl/imports/sqlgrey.h"
#include "ctl/lists/entry_command.h"
#include "ctl/lists/entry_json.h"
#include "ctl/lists/hindsight.h"
#include "ctl/long_change.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/take_back.h"
#include "ctl/print/terminal.h"
#include "mail/reply.h"
#include "settings/control_file.h"
#include "text/utc.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

// Of jgreylist's networks.
constexpr unsigned kNetworkPrefix = 24;

constexpr std::size_t kMaxDoubts = 10;  // that are shown

// Of a file of JSON, in which an entry is longer than a line.
constexpr std::size_t kMaxFile = std::size_t{256} << 20U;

struct Counts {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t same = 0;
  std::size_t over = 0;
  std::size_t by_name = 0;  // allow a client by a name that is not believed
};

// What is to be done to take an import back.
struct Undo {
  std::vector<std::string> added{};     // ids
  std::vector<std::string> restores{};  // commands that make changed entries what they were; some of them
  std::size_t changed = 0;              // how many would be needed
};

// So many changed entries are shown as commands; more would be a screenful.
constexpr std::size_t kMaxRestores = 10;

std::string name_of(const ImportOptions& options) {
  return options.file == "-" ? "standard input" : options.file;
}

// What a file has, in whatever form.
struct Content {
  std::vector<Entry> entries{};
  std::vector<std::string> problems{};
  std::size_t cut = 0;                // comments that are longer than the store keeps
  std::vector<std::string> doubts{};  // about replies, each with its place
  bool is_unusable = false;           // nothing of it counts; `problems` says why
};

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
void add_doubt(Content& content, const Entry& entry, auto place) {
  if (const std::string doubt = doubt_about_deferral(entry.reply); !doubt.empty())
    content.doubts.push_back(place() + ": reply: " + doubt);
}

Content read_lines(ListFormat format, const ImportOptions& options) {
  auto list = options.file == "-" ? parse_list(format, name_of(options), standard_input())
                                  : read_list(format, options.file);
  if (!list) refuse_missing(options.file);
  // What is said without a line's number is said of the whole file.
  Content content{.problems = std::move(list->problems)};
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

Content read_json(const ImportOptions& options) {
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
  Content content{.entries = std::move(list.entries), .problems = std::move(list.problems)};
  for (const Entry& entry : content.entries) add_doubt(content, entry, [&] { return text(entry); });
  return content;
}

std::string kind_and_pattern(std::string_view kind, std::string_view pattern) {
  return std::string(kind).append(" ").append(pattern);
}

std::string kind_and_pattern(const Entry& entry) {
  return kind_and_pattern(name(entry.pattern.kind()), entry.pattern.text());
}

// The file's entries by what they do, each once: of those with one pattern the last.
std::map<Action, std::vector<Entry>> entries_of(const Content& content, const std::string& now,
                                                Counts& counts) {
  std::map<Action, std::vector<Entry>> entries;
  std::unordered_map<std::string, std::size_t> places;
  for (const Entry& entry : content.entries) {
    if (entry.expires <= now) {
      ++counts.over;
      continue;
    }
    std::vector<Entry>& like_it = entries[entry.action];
    const auto [place, is_new] = places.try_emplace(
        std::string(name(entry.action)).append(" ").append(kind_and_pattern(entry)), like_it.size());
    if (is_new) {
      like_it.push_back(entry);
    } else {
      like_it[place->second] = entry;
    }
  }
  return entries;
}

// What the store has of entries that do the same, by kind and pattern.
std::unordered_map<std::string, StoredEntry> stored_of(EntryTable& table, const std::vector<Entry>& entries) {
  std::vector<Pattern> patterns;
  patterns.reserve(entries.size());
  for (const Entry& entry : entries) patterns.push_back(entry.pattern);
  std::unordered_map<std::string, StoredEntry> stored;
  for (StoredEntry& each : table.find(entries.front().action, patterns))
    stored.try_emplace(kind_and_pattern(each.kind, each.pattern), std::move(each));
  return stored;
}

// The entries that do not count yet.
std::vector<Entry> new_of(EntryTable& table, const std::map<Action, std::vector<Entry>>& entries) {
  std::vector<Entry> found;
  for (const auto& [action, of_action] : entries) {
    in_batches(of_action, [&](const std::vector<Entry>& batch) {
      const auto stored = stored_of(table, batch);
      std::ranges::copy_if(batch, std::back_inserter(found), [&stored](const Entry& entry) {
        const auto old = stored.find(kind_and_pattern(entry));
        return old == stored.end() || old->second.is_over;
      });
    });
  }
  return found;
}

void put_batch(EntryTable& table, const std::vector<Entry>& entries, bool dry_run, Counts& counts,
               Undo& undo) {
  const auto stored = stored_of(table, entries);
  std::vector<Entry> to_put;
  std::vector<Entry> added;
  for (const Entry& entry : entries) {
    const auto old = stored.find(kind_and_pattern(entry));
    if (old == stored.end()) {
      ++counts.added;
      added.push_back(entry);
    } else if (try_to_read(old->second) == entry && outdated_columns(old->second, entry.pattern).empty()) {
      ++counts.same;
      continue;
    } else {
      ++counts.changed;
      if (old->second.is_over) {
        added.push_back(entry);
      } else if (++undo.changed <= kMaxRestores) {
        undo.restores.push_back(command_that_restores(old->second, entry));
      }
    }
    to_put.push_back(entry);
  }
  if (dry_run) return;
  table.put(to_put);
  if (added.empty()) return;
  for (const auto& [key, entry] : stored_of(table, added)) undo.added.push_back(entry.id);
}

std::size_t size_of(const std::map<Action, std::vector<Entry>>& entries) {
  std::size_t size = 0;
  for (const auto& [action, of_action] : entries) size += of_action.size();
  return size;
}

// Batch by batch: one transaction for all would have decisions wait.
void put_all(EntryTable& table, const std::map<Action, std::vector<Entry>>& entries, bool dry_run,
             LongChange& change, Counts& counts, Undo& undo) {
  change.is_of(size_of(entries));
  for (const auto& [action, of_action] : entries) {
    change.carry_out(
        of_action, [&](const std::vector<Entry>& batch) { put_batch(table, batch, dry_run, counts, undo); });
  }
}

// What became of the entries of a file, or would.
struct ImportedEntries {
  std::size_t size = 0;
  Counts counts{};
  std::vector<std::string> notes{};  // those that are printed before, and after
  std::vector<std::string> warnings{};
  std::vector<std::string> undo{};
};

std::vector<std::string> commands_of(const Undo& undo, EntryTable& table, std::vector<std::string>& notes) {
  auto commands = commands_that_remove(undo.added, table);
  for (const std::string& command : undo.restores) {
    if (!command.empty()) commands.push_back(command);
  }
  if (undo.changed > undo.restores.size()) {
    notes.push_back(
        counted(undo.changed - undo.restores.size(), "more changed entry", "more changed entries") +
        " cannot be restored; greylistctl export json FILE before an import keeps all entries");
  }
  return commands;
}

// Nothing when they were not put.
std::optional<ImportedEntries> import_entries(const LoadedSettings& loaded, const ImportOptions& options,
                                              const Content& content, Administration& administration) {
  EntryTable table(administration, loaded.settings);
  ImportedEntries imported;
  Counts& counts = imported.counts;
  const auto by_action = entries_of(content, administration.now(), counts);
  imported.size = size_of(by_action);
  imported.warnings = warnings_about(new_of(table, by_action), administration, loaded.settings);
  if (options.json) {
    require_meant(imported.warnings, options.is_sure, options.dry_run);
  } else if (!are_meant(imported.warnings, options.is_sure, options.dry_run,
                        options.file != "-" && can_ask())) {
    return std::nullopt;
  }
  Undo undo;
  {
    LongChange change({.subject = name_of(options) + ": ", .one = "entry", .many = "entries"},
                      options.dry_run);
    put_all(table, by_action, options.dry_run, change, counts, undo);
    if (change.is_stopped()) {
      if (!options.dry_run && !options.json) print_take_back(commands_of(undo, table, imported.notes));
      return std::nullopt;
    }
  }
  for (const auto& [action, entries] : by_action) {
    counts.by_name += static_cast<std::size_t>(std::ranges::count_if(entries, [&loaded](const Entry& entry) {
      return allows_by_unbelieved_name(entry, loaded.settings);
    }));
  }
  for (std::size_t i = 0; i < std::min(content.doubts.size(), kMaxDoubts); ++i)
    imported.notes.push_back(content.doubts[i]);
  if (content.doubts.size() > kMaxDoubts) {
    imported.notes.push_back("and so with " +
                             counted(content.doubts.size() - kMaxDoubts, "more reply", "more replies"));
  }
  if (content.cut > 0)
    imported.notes.push_back(counted(content.cut, "comment") + " longer than there is room for, and cut");
  if (counts.by_name > 0) {
    imported.notes.push_back(std::to_string(counts.by_name)
                                 .append(counts.by_name == 1 ? " of them allows" : " of them allow")
                                 .append(" clients by name, ")
                                 .append(kNoEffectByName)
                                 .append("; set trust_remote_host=paranoid and run tcpserver with -p"));
  }
  if (!options.dry_run) imported.undo = commands_of(undo, table, imported.notes);
  return imported;
}

void print(const ImportedEntries& imported, const Content& content, const ImportOptions& options) {
  const Counts& counts = imported.counts;
  std::cout << (options.dry_run ? "would import " : "imported ") << counted(imported.size, "entry", "entries")
            << " from " << name_of(options) << ": " << counts.added << " new, " << counts.changed
            << " changed, ";
  if (counts.same > 0) std::cout << counts.same << " there already, ";
  if (counts.over > 0) std::cout << counts.over << " expired and left out, ";
  const std::size_t problems = content.problems.size();
  std::cout << (options.format || options.greylister ? counted(problems, "line")
                                                     : counted(problems, "entry", "entries"))
            << " not understood\n";
  for (const std::string& note : imported.notes) std::cout << "note: " << note << '\n';
  print_take_back(imported.undo);
}

Json counts_json(const Counts& counts) {
  return {
      {"new", counts.added}, {"changed", counts.changed}, {"same", counts.same}, {"expired", counts.over}};
}

Json json_of(const ImportedEntries& imported, const Content& content, const ImportOptions& options) {
  std::vector<std::string> notes = imported.warnings;
  notes.insert(notes.end(), imported.notes.begin(), imported.notes.end());
  return {{"dry_run", options.dry_run},
          {"file", name_of(options)},
          {"entries", counts_json(imported.counts)},
          {"problems", json_texts(content.problems)},
          {"notes", json_texts(notes)},
          {"undo", json_texts(imported.undo)}};
}

Known read_known(const LoadedSettings& loaded, const ImportOptions& options) {
  switch (*options.greylister) {
    case Greylister::jgreylist:
      return read_jgreylist(options.file);
    case Greylister::postgrey:
      return read_postgrey(options.file, loaded.settings);
    case Greylister::sqlgrey:
      break;
  }
  return read_sqlgrey(options.file);
}

// What counts only with another setting than there is.
void add_notes(Known& known, const Settings& settings) {
  const auto by = [&known](bool is_sender) {
    return std::ranges::any_of(
        known.clients, [is_sender](const KnownClient& client) { return client.sender.empty() != is_sender; });
  };
  if (by(false) && settings.auto_allow_after == 0)
    known.notes.emplace_back("trust in networks counts only when auto_allow_after is not 0");
  if (by(true) && settings.group_domain_level == 0) {
    known.notes.emplace_back(
        "trust in senders and domains on a network counts only when group_domain_level is not 0; SQLgrey has "
        "it "
        "at 2");
  }
  const bool has_networks = std::ranges::any_of(
      known.triplets, [](const KnownTriplet& triplet) { return triplet.ipv4_prefix == kNetworkPrefix; });
  if (has_networks && settings.ipv4_prefix != kNetworkPrefix) {
    known.notes.push_back("jgreylist knows networks of /24, and ipv4_prefix is " +
                          std::to_string(settings.ipv4_prefix) +
                          ", so that greylisting-front will not find them");
  }
  const bool has_triplets = std::ranges::any_of(
      known.triplets, [](const KnownTriplet& triplet) { return triplet.ipv4_prefix == 0; });
  if (has_triplets && (settings.match_helo || settings.match == Match::smart)) {
    known.notes.push_back(
        std::string("with ") + (settings.match_helo ? "match_helo=1" : "match=smart") +
        " a triplet has what the other greylister does not know, so that its next attempt is new");
  }
}

constexpr const char* kLastingKnown =
    "imported records and passes expire by themselves; greylistctl forget --client NETWORK takes those of a "
    "network back";

void print(const TakenOver& taken, const Known& known, const ImportOptions& options) {
  std::cout << (options.dry_run ? "would import " : "imported ")
            << counted(taken.added + taken.same, "record") << " from " << options.file << ": " << taken.added
            << " new, " << taken.same << " there already, ";
  if (taken.over > 0) std::cout << taken.over << " expired and left out, ";
  std::cout << known.problems.size() << " not understood\n";
  if (taken.networks + taken.senders > 0) {
    std::cout << (options.dry_run ? "would give" : "gave") << " passes to "
              << counted(taken.networks, "network") << " and to "
              << counted(taken.senders, "sender or domain", "senders and domains") << " on one\n";
  }
  for (const std::string& note : known.notes) std::cout << "note: " << note << '\n';
  if (!options.dry_run && taken.added + taken.networks + taken.senders > 0)
    std::cout << "note: " << kLastingKnown << '\n';
}

Json json_of(const ImportedEntries& imported, const TakenOver& taken, const Known& known,
             const ImportOptions& options) {
  std::vector<std::string> notes = imported.warnings;
  notes.insert(notes.end(), imported.notes.begin(), imported.notes.end());
  notes.insert(notes.end(), known.notes.begin(), known.notes.end());
  if (!options.dry_run && taken.added + taken.networks + taken.senders > 0) notes.emplace_back(kLastingKnown);
  Json object = json_of(imported, {.problems = known.problems}, options);
  object.set("records", {{"new", taken.added}, {"same", taken.same}, {"expired", taken.over}});
  object.set("networks", taken.networks);
  object.set("senders", taken.senders);
  object.set("notes", json_texts(notes));
  return object;
}

int import_known(const LoadedSettings& loaded, const ImportOptions& options) {
  if (options.action)
    throw UsageError("--action: is for lists; another greylister says itself what becomes of whom");
  Known known = read_known(loaded, options);
  for (const std::string& problem : known.problems) std::cerr << "greylistctl: " << problem << '\n';
  add_notes(known, loaded.settings);
  for (Entry& entry : known.entries) entry.comment = stored_comment(options.comment);

  const auto administration = open_administration(loaded.settings);
  const Content content{.entries = known.entries};
  ImportedEntries imported;
  if (!known.entries.empty()) {
    auto done = import_entries(loaded, options, content, *administration);
    if (!done) return kFailed;
    imported = std::move(*done);
    if (!options.json) print(imported, content, options);
  }
  LongChange change({.subject = name_of(options) + ": ", .one = "record", .many = "records"},
                    options.dry_run);
  const TakenOver taken = take_over(*administration, loaded.settings, known, options.dry_run, change);
  if (change.is_stopped()) {
    if (!options.dry_run && !options.json && change.done() > 0)
      std::cout << "note: " << kLastingKnown << '\n';
    return kFailed;
  }
  if (options.json) {
    std::cout << json_of(imported, taken, known, options).text() << '\n';
  } else {
    print(taken, known, options);
  }
  return known.problems.empty() ? kDone : kFailed;
}

}  // namespace

int import(const LoadedSettings& loaded, const ImportOptions& options) {
  if (options.greylister) return import_known(loaded, options);
  if (!options.format && options.action)
    throw UsageError("--action: in JSON every entry says for itself what it does");
  refuse_special(options.file);
  // Root may read files that the owner of the store may not.
  const Content content = options.format ? read_lines(*options.format, options) : read_json(options);
  for (const std::string& problem : content.problems) std::cerr << "greylistctl: " << problem << '\n';
  if (content.is_unusable) return kFailed;

  const auto administration = open_administration(loaded.settings);
  const auto imported = import_entries(loaded, options, content, *administration);
  if (!imported) return kFailed;
  if (options.json) {
    std::cout << json_of(*imported, content, options).text() << '\n';
  } else {
    print(*imported, content, options);
  }
  return content.problems.empty() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
