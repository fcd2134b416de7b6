#include <algorithm>
#include <iostream>
#include <iterator>
#include <unordered_map>

#include "commands.h"
#include "entry_table.h"

namespace greylisting::ctl {
namespace {

// Of one statement, in the time of which a decision can have to wait.
constexpr std::size_t kBatch = 1000;

struct Counts {
  std::size_t added = 0;
  std::size_t changed = 0;
  std::size_t same = 0;
  std::size_t over = 0;
  std::size_t by_name = 0;  // allow a client by a name that is not believed
};

std::string name_of(const ImportOptions& options) {
  return options.file == "-" ? "standard input" : options.file;
}

ListFile read_file(const ImportOptions& options) {
  if (options.file == "-") {
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    return parse_list(options.format, name_of(options), text);
  }
  auto list = read_list(options.format, options.file);
  if (!list) throw std::runtime_error(options.file + ": there is no such file; name another");
  return *std::move(list);
}

// Nothing of a file counts that cannot be read, which is said without a line's number.
bool is_unusable(const ListFile& list, const std::string& file) {
  return std::ranges::any_of(
      list.problems, [&file](const std::string& problem) { return problem.starts_with(file + ": "); });
}

Entry entry_of(const ListedPattern& listed, const ImportOptions& options) {
  return {
      .action = options.action,
      .pattern = listed.pattern,
      .reply = options.action == Action::deny ? listed.reply : "",
      .expires = listed.until.empty() ? std::string(kForEver) : end_of(listed.until).value_or(listed.until),
      .comment = stored_comment(listed.comment.empty() ? options.comment : listed.comment)};
}

std::string key_of(std::string_view kind, std::string_view pattern) {
  return std::string(kind).append(" ").append(pattern);
}

// The file's entries, each once: of those with one pattern the last.
std::vector<Entry> entries_of(const ListFile& list, const ImportOptions& options, const std::string& now,
                              Counts& counts, std::vector<std::string>& problems) {
  std::vector<Entry> entries;
  std::unordered_map<std::string, std::size_t> places;
  for (const ListedPattern& listed : list.entries) {
    Entry entry = entry_of(listed, options);
    if (entry.expires <= now) {
      ++counts.over;
      continue;
    }
    if (const auto why = objection(entry)) {
      problems.push_back(name_of(options) + ':' + std::to_string(listed.line) + ": " + *why);
      continue;
    }
    const auto [place, is_new] =
        places.try_emplace(key_of(name(entry.pattern.kind()), entry.pattern.text()), entries.size());
    if (is_new) {
      entries.push_back(std::move(entry));
    } else {
      entries[place->second] = std::move(entry);
    }
  }
  return entries;
}

void put_batch(EntryTable& table, const std::vector<Entry>& entries, bool dry_run, Counts& counts) {
  std::vector<Pattern> patterns;
  patterns.reserve(entries.size());
  for (const Entry& entry : entries) patterns.push_back(entry.pattern);
  std::unordered_map<std::string, StoredEntry> stored;
  for (StoredEntry& each : table.find(entries.front().action, patterns))
    stored.try_emplace(key_of(each.kind, each.pattern), std::move(each));

  std::vector<Entry> to_put;
  for (const Entry& entry : entries) {
    const auto old = stored.find(key_of(name(entry.pattern.kind()), entry.pattern.text()));
    if (old == stored.end()) {
      ++counts.added;
    } else if (try_to_read(old->second) == entry && outdated_columns(old->second, entry.pattern).empty()) {
      ++counts.same;
      continue;
    } else {
      ++counts.changed;
    }
    to_put.push_back(entry);
  }
  if (!dry_run) table.put(to_put);
}

}  // namespace

int import(const LoadedSettings& loaded, const ImportOptions& options) {
  // Root may read files that the owner of the store may not.
  const ListFile list = read_file(options);
  std::vector<std::string> problems = list.problems;
  if (is_unusable(list, options.file)) {
    for (const std::string& problem : problems) std::cerr << "greylistctl: " << problem << '\n';
    return kFailed;
  }

  const auto administration = open_administration(loaded.settings);
  EntryTable table(*administration, loaded.settings);
  Counts counts;
  const auto entries = entries_of(list, options, administration->now(), counts, problems);
  for (auto begin = entries.begin(); begin != entries.end();) {
    const auto size = std::min<std::ptrdiff_t>(kBatch, entries.end() - begin);
    put_batch(table, {begin, begin + size}, options.dry_run, counts);
    begin += size;
  }
  counts.by_name = static_cast<std::size_t>(std::ranges::count_if(
      entries, [&loaded](const Entry& entry) { return allows_by_unbelieved_name(entry, loaded.settings); }));

  for (const std::string& problem : problems) std::cerr << "greylistctl: " << problem << '\n';
  std::cout << (options.dry_run ? "would import " : "imported ") << entries.size() << " entries from "
            << name_of(options) << ": " << counts.added << " new, " << counts.changed << " changed, ";
  if (counts.same > 0) std::cout << counts.same << " there already, ";
  if (counts.over > 0) std::cout << counts.over << " left out because their time is over, ";
  std::cout << problems.size() << " lines not understood\n";
  if (counts.by_name > 0) {
    std::cout << "note: " << counts.by_name
              << " of them allow clients by name, which has no effect while trust_remote_host=never; set "
                 "trust_remote_host=paranoid and run tcpserver with -p\n";
  }
  return problems.empty() ? kDone : kFailed;
}

}  // namespace greylisting::ctl
