#include <algorithm>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/lists/entry_command.h"
#include "ctl/lists/entry_json.h"
#include "ctl/lists/entry_search.h"
#include "ctl/lists/entry_table.h"
#include "ctl/long_change.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/take_back.h"
#include "ctl/print/typed_command.h"
#include "ctl/records/earned.h"
#include "ctl/records/expected.h"
#include "mail/fingerprint.h"
#include "text/ascii.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

struct Earned {
  Standing standing = Standing::trusted;
  EarnedClient client;
};

struct ToRemove {
  std::vector<StoredEntry> entries;
  std::vector<Earned> earned;

  bool is_empty() const { return entries.empty() && earned.empty(); }
};

// More would be a screenful, and each a command of its own.
constexpr std::size_t kMaxCommands = 10;

std::string line_of(const Earned& earned) {
  return std::string(name(earned.standing)) + ' ' + one_line(earned.client.identity);
}

// `entries/3`, `lists/3-17`
bool is_id(std::string_view word) {
  for (const std::string_view prefix : {"entries/", "lists/"}) {
    if (!word.starts_with(prefix)) continue;
    word.remove_prefix(prefix.size());
    const auto dash = word.find('-');
    return ascii::is_digits(word.substr(0, dash)) &&
           (dash == std::string_view::npos || ascii::is_digits(word.substr(dash + 1)));
  }
  return false;
}

bool are_ids(const std::vector<std::string>& words) { return std::ranges::all_of(words, is_id); }

class Search {
 public:
  Search(Administration& administration, const Settings& settings)
      : administration_(administration), settings_(settings) {}

  ToRemove find(const std::vector<std::string>& words) {
    const std::string& first = words.front();
    if (are_ids(words)) return {.entries = with_ids(words), .earned = {}};
    // Identities have blanks in them.
    std::string rest;
    for (auto word = words.begin() + 1; word != words.end(); ++word)
      rest += (rest.empty() ? "" : " ") + *word;
    EntrySearch search(administration_, settings_);
    if (is_subject(first)) return {.entries = search.of(first, rest), .earned = {}};
    for (const Standing standing : {Standing::trusted, Standing::trapped}) {
      if (first != name(standing)) continue;
      const std::string identity = identity_of(rest);
      ToRemove found{.entries = {}, .earned = earned({standing}, identity, clients_by_key)};
      if (found.is_empty()) found.earned = earned({standing}, identity, clients_called);
      return found;
    }
    const std::string text = first + (rest.empty() ? "" : ' ' + rest);
    const std::vector<Standing> either{Standing::trusted, Standing::trapped};
    ToRemove found{.entries = {}, .earned = earned(either, text, clients_by_key)};
    for (const std::string subject : {"client", "sender", "recipient"}) {
      for (StoredEntry& entry : search.of(subject, text)) found.entries.push_back(std::move(entry));
    }
    if (found.is_empty()) found.earned = earned(either, text, clients_called);
    return found;
  }

 private:
  std::vector<StoredEntry> with_ids(const std::vector<std::string>& ids) {
    std::vector<StoredEntry> entries;
    EntryTable table(administration_, settings_);
    for (const std::string& id : ids) {
      auto found = table.with_id(id);
      if (found.empty()) return {};
      std::ranges::move(found, std::back_inserter(entries));
    }
    return entries;
  }

  // An address earns for the network that it counts by.
  std::string identity_of(const std::string& text) const {
    const auto address = IpAddress::parse(text);
    if (!address) return text;
    return Attempt::from({.client = text}, settings_).triplet.network.text();
  }

  std::vector<Earned> earned(const std::vector<Standing>& standings, const std::string& identity,
                             decltype(clients_called)* search) {
    std::vector<Earned> found;
    for (const Standing standing : standings) {
      for (EarnedClient& client : search(administration_, settings_, standing, identity))
        found.push_back({standing, std::move(client)});
    }
    return found;
  }

  Administration& administration_;
  const Settings& settings_;
};

// All actions of one pattern are one thing; a sender and a recipient, or an entry and a client's trust, are
// two.
void require_one_thing(const ToRemove& found, const std::string& what) {
  std::set<std::string> things;
  for (const StoredEntry& entry : found.entries) things.insert(subject_of(entry));
  if (!found.earned.empty()) things.insert("");
  if (things.size() < 2) return;
  std::string list;
  for (const StoredEntry& entry : found.entries)
    list += "\n  greylistctl remove " + entry.id + "    # " + line_of(entry);
  for (const Earned& earned : found.earned) {
    list +=
        "\n  " + TypedCommand("remove").with({std::string(name(earned.standing)), earned.client.identity});
  }
  throw UsageError('"' + one_line(what) + "\" is more than one thing; say which:" + list);
}

// What there is to do for who wants it back: commands that make it what it was, and in words what comes near.
struct TakenBack {
  std::vector<std::string> undo{};
  std::vector<std::string> notes{};
};

void add(TakenBack& back, const Earned& earned, const Settings& settings) {
  const std::string& identity = earned.client.identity;
  if (!Network::parse(identity)) {
    const bool is_on_network = identity.find(" on ") != std::string::npos;
    back.notes.push_back(one_line(identity) +
                         (earned.client.is_group ? " is trusted again when enough of its senders have passed"
                          : is_on_network        ? " is trusted again after its first pass"
                                                 : " is trusted again after passing in " +
                                                counted(static_cast<std::uint64_t>(settings.auto_allow_after),
                                                        "different hour")));
    return;
  }
  const bool is_trusted = earned.standing == Standing::trusted;
  back.notes.push_back(
      (is_trusted ? "to accept its mail at once all the same: " : "to reject it all the same: ") +
      TypedCommand(is_trusted ? "allow" : "deny")
          .option("--until", earned.client.until)
          .with({"client", identity}));
}

TakenBack taken_back(const ToRemove& found, const Settings& settings) {
  TakenBack back;
  for (const StoredEntry& entry : found.entries) {
    if (!entry.is_over && try_to_read(entry)) back.undo.push_back(command_that_makes(entry, true));
    if (back.undo.size() <= kMaxCommands) continue;
    back.undo.clear();
    back.notes.emplace_back(
        "so many entries cannot be put back by a command; greylistctl export json FILE beforehand keeps all");
    break;
  }
  for (const Earned& earned : found.earned) add(back, earned, settings);
  return back;
}

Json json_of(const ToRemove& found, const TakenBack& back, bool dry_run) {
  Json entries = Json::array();
  for (const StoredEntry& entry : found.entries) entries.push_back(json_of(entry));
  Json clients = Json::array();
  for (const Earned& earned : found.earned) {
    clients.push_back(Json{{"standing", name(earned.standing)},
                           {"identity", one_line(earned.client.identity)},
                           {"until", rfc_3339(earned.client.until)}});
  }
  return {{"dry_run", dry_run},
          {"entries", entries},
          {"clients", clients},
          {"notes", json_texts(back.notes)},
          {"undo", json_texts(back.undo)}};
}

int remove_expected(const LoadedSettings& loaded, const RemoveOptions& options) {
  const Address recipient = Address::recipient(address_meant_by(options.words[1]));
  const std::string to = one_line(recipient.text());
  const auto administration = open_administration(loaded.settings);
  const auto mail = expected_mail(*administration);
  const std::string stored = Fingerprinter(loaded.settings.privacy_key).stored(recipient);
  const auto found = std::ranges::find_if(
      mail, [&stored](const ExpectedMail& each) { return each.sender == "*" && each.recipient == stored; });
  if (found == mail.end() ||
      (!options.dry_run && !expect_no_longer(*administration, loaded.settings, recipient))) {
    std::cerr << "greylistctl: no mail to " << to
              << " is expected by greylistctl expect; greylistctl list expected shows what is\n";
    return kFailed;
  }
  std::vector<std::string> undo;
  const std::time_t rest = time_of(found->until).value_or(0) - time_of(administration->now()).value_or(0);
  if (!options.dry_run && rest > 0)
    undo.push_back(TypedCommand("expect")
                       .option("--for", std::to_string((rest + kMinute - 1) / kMinute) + 'm')
                       .with({printable(recipient.text())}));
  if (options.json) {
    std::cout << Json{{"dry_run", options.dry_run},
                      {"expected", to},
                      {"until", rfc_3339(found->until)},
                      {"undo", json_texts(undo)}}
                     .text()
              << '\n';
  } else {
    std::cout << (options.dry_run ? "would remove" : "removed") << " expected " << to << '\n';
    print_take_back(undo);
  }
  return kDone;
}

}  // namespace

int remove(const LoadedSettings& loaded, const RemoveOptions& options) {
  std::string what;
  for (const std::string& word : options.words) what += (what.empty() ? "" : " ") + word;
  if (options.words.size() == 1 &&
      (is_subject(what) || what == "trusted" || what == "trapped" || what == "expected"))
    throw UsageError("there is no pattern or identity after " + what);
  if (options.words.size() == 2 && options.words[0] == "expected") return remove_expected(loaded, options);

  const auto administration = open_administration(loaded.settings);
  const ToRemove found = Search(*administration, loaded.settings).find(options.words);
  if (found.is_empty()) {
    std::cerr
        << "greylistctl: there is no \"" << one_line(what)
        << "\"; greylistctl list shows entries, greylistctl list trusted and list trapped show clients\n";
    return kFailed;
  }
  if (!are_ids(options.words)) require_one_thing(found, what);

  std::vector<std::string> ids;
  std::ranges::transform(found.entries, std::back_inserter(ids), &StoredEntry::id);
  TakenBack back;
  if (!options.dry_run) {
    back = taken_back(found, loaded.settings);
    EntryTable table(*administration, loaded.settings);
    LongChange change({.subject = "",
                       .one = "entry",
                       .many = "entries",
                       .then = "those are removed, and greylistctl list shows the rest"},
                      false);
    change.is_of(ids.size());
    change.carry_out(ids, [&table](const std::vector<std::string>& batch) { table.remove(batch); });
    if (change.is_stopped()) return kFailed;
    for (const Earned& earned : found.earned) forget(*administration, earned.client, earned.standing);
  }
  if (options.json) {
    std::cout << json_of(found, back, options.dry_run).text() << '\n';
    return kDone;
  }
  const std::string_view done = options.dry_run ? "would remove " : "removed ";
  for (const StoredEntry& entry : found.entries) std::cout << done << line_of(entry) << '\n';
  for (const Earned& earned : found.earned) std::cout << done << line_of(earned) << '\n';
  for (const std::string& note : back.notes) std::cout << "note: " << note << '\n';
  print_take_back(back.undo);
  return kDone;
}

}  // namespace greylisting::ctl
