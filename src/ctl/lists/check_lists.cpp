#include "ctl/lists/check_lists.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/batches.h"
#include "ctl/lists/breadth.h"
#include "ctl/lists/entry_table.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/typed_command.h"
#include "judgement/suspicion_rules.h"
#include "lists/list_file.h"
#include "lists/outside_lists.h"
#include "lists/pattern_key.h"
#include "mail/reply.h"
#include "settings/own_domains.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

using State = Finding::State;

constexpr std::size_t kMostFindings = 10;  // findings of one kind
constexpr std::size_t kMaxRead = 1000;     // entries
constexpr const char* kBelieveNames =
    "set trust_remote_host=paranoid and run tcpserver with -p, or allow their networks";

void add_first_of(std::vector<Finding>& findings, std::vector<Finding> more, const std::string& what) {
  const std::size_t size = more.size();
  more.resize(std::min(size, kMostFindings));
  std::ranges::move(more, std::back_inserter(findings));
  if (size > kMostFindings) {
    findings.push_back({State::warning,
                        what + ": " + std::to_string(size - kMostFindings) + " more like these",
                        "correct them in the same way"});
  }
}

// How many there are, by the index of actions.
Finding counts(Administration& administration) {
  std::string text;
  std::uint64_t all = 0;
  for (const Action action : kActions) {
    const std::uint64_t count =
        administration.count("greylisting_entries WHERE action = '" + std::string(name(action)) + '\'');
    all += count;
    if (count > 0)
      text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + std::string(name(action));
  }
  const std::uint64_t over = administration.count("greylisting_entries WHERE expires <= :now");
  if (over > 0) text += "; " + std::to_string(over) + " of them expired";
  if (all > kMaxRead) text += "; the newest " + std::to_string(kMaxRead) + " were looked at";
  return {State::good, "entries: " + (text.empty() ? "none" : text)};
}

// What a reply does that clients do not take as it is meant is `doubt`: what, and the remedy.
Finding doubt_of(const std::string& where, const std::string& doubt) {
  const std::size_t end = doubt.rfind("; ");
  return {State::warning, where + "reply: " + doubt.substr(0, end), doubt.substr(end + 2)};
}

std::optional<Finding> problem_of(const StoredEntry& stored) {
  const std::string shown = stored.id + ": ";
  try {
    const Entry entry = read(stored);
    const std::string columns = outdated_columns(stored, entry.pattern);
    if (columns.empty()) {
      const std::string doubt = doubt_about_deferral(entry.reply);
      return doubt.empty() ? std::nullopt : std::optional(doubt_of(shown + text(entry) + ": ", doubt));
    }
    return Finding{
        State::warning,
        shown + text(entry) + " was stored in another way than this version finds it (" + columns + ')',
        "enter it anew: greylistctl remove " + stored.id + ", then " +
            TypedCommand(name(entry.action))
                .with({std::string(word(entry.pattern.kind())), entry.pattern.text()})};
  } catch (const std::runtime_error& error) {
    return Finding{State::warning, shown + "it is not understood: " + error.what(),
                   "remove it: greylistctl remove " + stored.id};
  }
}

// What becomes of the mail that too wide an entry matches.
std::string_view consequence_of(Action action) {
  switch (action) {
    case Action::deny:
      return ", so all of it is refused";
    case Action::trap:
      return ", so who sends it is trapped";
    case Action::allow:
    case Action::greylist:
    case Action::skip:
      break;
  }
  return ", so none of it is greylisted";
}

// Nobody has been asked whether a line of a file is meant. A top-level domain can be.
std::optional<Finding> harm_of_line(const std::string& file, const ListedPattern& line, Action action,
                                    const Settings& settings, const std::vector<std::string>& domains) {
  const Entry entry{.action = action, .pattern = line.pattern};
  const bool has_effect = line.pattern.is_regexp() || !allows_by_unbelieved_name(entry, settings);
  const auto breadth = has_effect ? breadth_of(line.pattern) : std::nullopt;
  const std::string domain =
      breadth || action != Action::deny ? "" : all_of_own_domain(line.pattern, domains);
  if (!breadth && domain.empty()) return std::nullopt;
  const bool can_be_meant = breadth && !breadth->starts_with("every ");
  const std::string matched = breadth ? *breadth : all_addresses_of(domain);
  const std::string number = std::to_string(line.line);
  return Finding{can_be_meant ? State::warning : State::bad,
                 std::string(file)
                     .append(":")
                     .append(number)
                     .append(": ")
                     .append(text(entry))
                     .append(" matches ")
                     .append(matched)
                     .append(consequence_of(action)),
                 "take out line " + number + " of " + file + (can_be_meant ? ", unless it is meant" : "")};
}

// Lines none of which alone is every client, but all of them together. Nobody can mean that.
std::vector<Finding> harm_of_lines(const std::string& file, const std::vector<ListedPattern>& lines,
                                   Action action, const std::string& now) {
  std::vector<Finding> findings;
  for (const bool is_ipv4 : {true, false}) {
    std::vector<Network> networks;
    const ListedPattern* widest = nullptr;
    for (const ListedPattern& line : lines) {
      const auto& network = line.pattern.network();
      if (!network || network->first().is_ipv4() != is_ipv4 || is_over(line, now)) continue;
      networks.push_back(*network);
      if (widest == nullptr || network->prefix() < widest->pattern.network()->prefix()) widest = &line;
    }
    const std::string all = all_of_internet(networks, is_ipv4);
    if (all.empty() || breadth_of(widest->pattern) == all) continue;
    findings.push_back(
        {State::bad,
         std::string(file)
             .append(": its networks together match ")
             .append(all)
             .append(consequence_of(action)),
         "take out line " + std::to_string(widest->line) + " of " + file + ", and others as wide"});
  }
  return findings;
}

// What cannot be had of a file, or is wrong in it.
void add_list(std::vector<Finding>& findings, ListFormat format, const std::string& file, bool allows,
              const Settings& settings) {
  const auto list = read_list(format, file);
  if (!list) return;
  findings.push_back({State::good, file + ": " + counted(list->entries.size(), "entry", "entries")});
  std::vector<Finding> problems;
  for (const std::string& problem : list->problems)
    problems.push_back({State::warning, problem, "correct it; the man page and the sample tell the form"});
  const std::string now = stored_time(std::time(nullptr));
  const auto domains = allows ? std::vector<std::string>() : own_domains();
  const Action action = allows ? Action::allow : Action::deny;
  std::ranges::move(harm_of_lines(file, list->entries, action, now), std::back_inserter(problems));
  for (const ListedPattern& entry : list->entries) {
    auto harm = is_over(entry, now) ? std::nullopt : harm_of_line(file, entry, action, settings, domains);
    if (harm) problems.push_back(std::move(*harm));
    const std::string doubt = allows ? "" : doubt_about_deferral(entry.reply);
    if (!doubt.empty()) problems.push_back(doubt_of(file + ':' + std::to_string(entry.line) + ": ", doubt));
  }
  add_first_of(findings, std::move(problems), file);

  const auto by_name = static_cast<std::size_t>(std::ranges::count_if(
      list->entries, [](const ListedPattern& entry) { return entry.pattern.kind() == PatternKind::host; }));
  if (allows && by_name > 0 && settings.trust_remote_host == RemoteHost::never) {
    findings.push_back({State::warning,
                        file + ": " + counted(by_name, "entry allows", "entries allow") +
                            " clients by name, " + std::string(kNoEffectByName),
                        kBelieveNames});
  }
}

void add_named_lists(std::vector<Finding>& findings, const Settings& settings) {
  for (const auto& [format_name, file, is_addition] : named_lists(settings.allow_lists)) {
    const auto format = list_format(format_name);
    if (!format) {
      findings.push_back(
          {State::warning,
           "allow_lists: \"" + one_line(format_name) + "\" is not a format; its file is ignored",
           "write FORMAT:FILE, the format being plain, postgrey-clients, postgrey-recipients, sqlgrey-ip or "
           "sqlgrey-fqdn"});
      continue;
    }
    if (!is_addition && !read_list(*format, file) && !read_list(*format, file + ".local")) {
      findings.push_back({State::warning, "allow_lists: there is no file " + one_line(file),
                          "create it, or take it out of allow_lists"});
    }
    add_list(findings, *format, file, true, settings);
  }
}

void add_rules(std::vector<Finding>& findings, const Settings& settings) {
  if (settings.greylist == Greylist::all) return;
  const auto rules = SuspicionRules::read(settings.suspicious_rules);
  if (!rules) return;
  std::vector<Finding> problems;
  for (const std::string& problem : rules->check())
    problems.push_back({State::warning, problem, "correct that line, or take it out"});
  if (problems.empty())
    findings.push_back({State::good, settings.suspicious_rules + ": every rule is understood"});
  add_first_of(findings, std::move(problems), settings.suspicious_rules);
}

// The keys of all patterns by which each address of that domain can be found, and that of regular
// expressions.
std::set<std::string> keys_of_domain(const std::string& domain) {
  std::set<std::string> keys{std::string(Pattern::kRegexpKey)};
  const std::string whole = key_of(PatternKind::recipient, KeyForm::whole);
  for (std::string& key : keys_of({.client = {},
                          .client_name = {},
                          .sender = Address::sender(""),
                          .recipient = Address::recipient("postmaster@" + domain)})) {
    if (key.front() == whole.front() && !key.starts_with(whole)) keys.insert(std::move(key));
  }
  return keys;
}

// What denies each address of a domain for which this host takes mail. A domain can be had to take none, but
// not all of them. Asked by the keys of the domains, so many at a time and of the first alone.
std::vector<Finding> denied_domains(Administration& administration, const Settings& settings) {
  constexpr std::size_t kMostDomains = 1000;
  constexpr std::size_t kAtOnce = 100;
  const std::string limit = " LIMIT " + std::to_string(kMaxRead);
  EntryTable table(administration, settings);
  std::set<std::string> open;
  for (const std::string& domain : own_domains()) {
    if (open.size() < kMostDomains) open.insert(one_of(domain));
  }
  const std::vector<std::string> domains(open.begin(), open.end());
  std::vector<StoredEntry> found;
  const auto look = [&](const std::vector<std::string>& batch) {
    std::set<std::string> keys;
    for (const std::string& domain : batch) keys.merge(keys_of_domain(domain));
    const std::string names = sql::list_of(batch, [&administration](const std::string& domain) {
      return sql::text_literal(domain, administration.dialect());
    });
    const std::string denying = ") AND action = 'deny' AND kind = 'recipient' AND expires > :now" + limit;
    const std::string deferring = ") AND block_expires >= :now AND record_expires > :now" + limit;
    std::ranges::move(table.entries(" WHERE subject IN (" + sql::list_of(keys, sql::literal) + denying),
                      std::back_inserter(found));
    std::ranges::move(table.lists(" WHERE rcpt_to IN (" + names + deferring), std::back_inserter(found));
  };
  in_batches(domains, look, kAtOnce);
  std::vector<Finding> findings;
  std::set<std::string> seen;
  for (const StoredEntry& stored : found) {
    const auto entry = seen.insert(stored.id + stored.kind).second ? try_to_read(stored) : std::nullopt;
    const std::string domain = entry ? all_of_own_domain(entry->pattern, domains) : "";
    if (domain.empty()) continue;
    std::erase_if(open, [&entry](const std::string& its) { return is_all_of(entry->pattern, its); });
    findings.push_back({State::warning,
                        line_of(stored)
                            .append(" matches ")
                            .append(all_addresses_of(domain))
                            .append(consequence_of(entry->action)),
                        "greylistctl remove " + stored.id});
  }
  for (Finding& finding : findings) {
    if (open.empty()) {
      finding.state = State::bad;
    } else {
      finding.remedy += ", unless it is meant";
    }
  }
  return findings;
}

}  // namespace

std::vector<Finding> examine_entries(Administration& administration, const Settings& settings) {
  // Those of greylisting_lists are looked at with the schema. What another version or a person has written is
  // the newest, or all are alike.
  auto entries =
      EntryTable(administration, settings).entries(" ORDER BY id DESC LIMIT " + std::to_string(kMaxRead));
  std::ranges::reverse(entries);
  std::vector<Finding> findings{counts(administration)};
  std::vector<Finding> problems;
  for (const StoredEntry& stored : entries) {
    if (auto problem = problem_of(stored)) problems.push_back(std::move(*problem));
  }
  add_first_of(findings, std::move(problems), "entries");
  add_first_of(findings, denied_domains(administration, settings), "entries");

  const std::string allows_name =
      "greylisting_entries WHERE action = 'allow' AND kind = 'host' AND expires > :now";
  const bool is_believed = settings.trust_remote_host != RemoteHost::never;
  const std::uint64_t by_name = is_believed ? 0 : administration.count(allows_name);
  const std::string first_by_name =
      by_name == 0 ? ""
                   : "entries/" + administration.ask("SELECT MIN(id) FROM " + allows_name, 1).at(0).at(0);
  if (by_name > 0) {
    findings.push_back({State::warning,
                        "entries: " + counted(by_name, "allows", "allow") + " clients by name (" +
                            first_by_name + (by_name > 1 ? ", …" : "") + "), " + std::string(kNoEffectByName),
                        kBelieveNames});
  }
  return findings;
}

std::vector<Finding> examine_breadth(Administration& administration, const Settings& settings,
                                     const std::set<std::string>& ids) {
  std::vector<Finding> findings;
  for (const std::string& id : ids) {
    for (const StoredEntry& stored : EntryTable(administration, settings).with_id(id)) {
      const auto entry = try_to_read(stored);
      const auto breadth = entry ? breadth_of(entry->pattern) : std::nullopt;
      if (!breadth) continue;
      findings.push_back(
          {State::bad,
           line_of(stored).append(" matches ").append(*breadth).append(consequence_of(entry->action)),
           "greylistctl remove " + stored.id});
    }
  }
  return findings;
}

std::vector<Finding> examine_files(const Settings& settings) {
  std::vector<Finding> findings;
  add_list(findings, ListFormat::plain, kAllowFile, true, settings);
  add_list(findings, ListFormat::plain, kDenyFile, false, settings);
  add_named_lists(findings, settings);
  add_rules(findings, settings);
  return findings;
}

}  // namespace greylisting::ctl
