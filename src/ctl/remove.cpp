#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/lists/entry_search.h"
#include "ctl/lists/entry_table.h"
#include "ctl/print/words.h"
#include "ctl/records/earned.h"
#include "text/ascii.h"

namespace greylisting::ctl {
namespace {

struct Earned {
  Standing standing = Standing::trusted;
  EarnedClient client;
};

struct Found {
  std::vector<StoredEntry> entries;
  std::vector<Earned> earned;

  bool is_empty() const { return entries.empty() && earned.empty(); }
};

std::string text(const StoredEntry& entry) {
  return entry.id + ": " + one_line(entry.action) + ' ' + one_line(subject_of(entry)) + ' ' +
         one_line(entry.pattern);
}

std::string text(const Earned& earned) {
  return std::string(name(earned.standing)) + ' ' + one_line(earned.client.identity);
}

bool is_id(std::string_view word) {
  for (const std::string_view prefix : {"entries/", "lists/"}) {
    if (!word.starts_with(prefix)) continue;
    word.remove_prefix(prefix.size());
    return ascii::is_digits(word);
  }
  return false;
}

class Search {
 public:
  Search(Administration& administration, const Settings& settings)
      : administration_(administration), settings_(settings) {}

  Found find(const std::vector<std::string>& words) {
    const std::string& first = words.front();
    if (words.size() == 1 && is_id(first))
      return {.entries = EntryTable(administration_, settings_).with_id(first), .earned = {}};
    // Identities have blanks in them.
    std::string rest;
    for (auto word = words.begin() + 1; word != words.end(); ++word)
      rest += (rest.empty() ? "" : " ") + *word;
    EntrySearch search(administration_, settings_);
    if (is_subject(first)) return {.entries = search.of(first, rest), .earned = {}};
    for (const Standing standing : {Standing::trusted, Standing::trapped}) {
      if (first == name(standing)) return {.entries = {}, .earned = earned({standing}, identity_of(rest))};
    }
    const std::string text = first + (rest.empty() ? "" : ' ' + rest);
    Found found{.entries = {}, .earned = earned({Standing::trusted, Standing::trapped}, text)};
    for (const std::string subject : {"client", "sender", "recipient"}) {
      for (StoredEntry& entry : search.of(subject, text)) found.entries.push_back(std::move(entry));
    }
    return found;
  }

 private:
  // An address earns for the network that it counts by.
  std::string identity_of(const std::string& text) const {
    const auto address = IpAddress::parse(text);
    if (!address) return text;
    return Attempt::from({.client = text}, settings_).triplet.network.text();
  }

  std::vector<Earned> earned(const std::vector<Standing>& standings, const std::string& identity) {
    std::vector<Earned> found;
    for (const Standing standing : standings) {
      for (EarnedClient& client : clients(administration_, settings_, standing)) {
        if (client.identity == identity) found.push_back({standing, std::move(client)});
      }
    }
    return found;
  }

  Administration& administration_;
  const Settings& settings_;
};

// All actions of one pattern are one thing; a sender and a recipient, or an entry and a client's trust, are
// two.
void require_one_thing(const Found& found, const std::string& what) {
  std::set<std::string> things;
  for (const StoredEntry& entry : found.entries) things.insert(subject_of(entry));
  if (!found.earned.empty()) things.insert("");
  if (things.size() < 2) return;
  std::string list;
  for (const StoredEntry& entry : found.entries)
    list += "\n  greylistctl remove " + entry.id + "    # " + text(entry);
  for (const Earned& earned : found.earned) list += "\n  greylistctl remove " + text(earned);
  throw UsageError('"' + one_line(what) + "\" is more than one thing; say which:" + list);
}

}  // namespace

int remove(const LoadedSettings& loaded, const RemoveOptions& options) {
  std::string what;
  for (const std::string& word : options.words) what += (what.empty() ? "" : " ") + word;
  if (options.words.size() == 1 && (is_subject(what) || what == "trusted" || what == "trapped"))
    throw UsageError("there is no pattern or identity after " + what);

  const auto administration = open_administration(loaded.settings);
  const Found found = Search(*administration, loaded.settings).find(options.words);
  if (found.is_empty()) {
    std::cerr
        << "greylistctl: there is no \"" << one_line(what)
        << "\"; greylistctl list shows entries, greylistctl list trusted and list trapped show clients\n";
    return kFailed;
  }
  require_one_thing(found, what);

  std::vector<std::string> ids;
  for (const StoredEntry& entry : found.entries) ids.push_back(entry.id);
  if (!options.dry_run) {
    EntryTable(*administration, loaded.settings).remove(ids);
    for (const Earned& earned : found.earned) forget(*administration, earned.client, earned.standing);
  }
  const std::string_view done = options.dry_run ? "would remove " : "removed ";
  for (const StoredEntry& entry : found.entries) std::cout << done << text(entry) << '\n';
  for (const Earned& earned : found.earned) std::cout << done << text(earned) << '\n';
  return kDone;
}

}  // namespace greylisting::ctl
