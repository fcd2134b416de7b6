#include "ctl/lists/hindsight.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ctl/commands.h"
#include "ctl/lists/accepting_entries.h"
#include "ctl/lists/breadth.h"
#include "ctl/lists/past_mail.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/terminal.h"
#include "ctl/records/expected.h"
#include "ctl/records/record_table.h"
#include "lists/pattern_key.h"
#include "mail/fingerprint.h"
#include "settings/own_domains.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kMostWarnings = 10;
constexpr std::size_t kMaxRegexps = 50;  // held against all records
constexpr std::uint64_t kMany = 20;
constexpr std::uint64_t kManyDenied = 5;
constexpr std::uint64_t kOneIn = 10;
constexpr unsigned kNarrowIpv4 = 24;
constexpr unsigned kNarrowIpv6 = 48;

bool denies(const Entry& entry) { return entry.action == Action::deny || entry.action == Action::trap; }

// What would have been decided otherwise: accepted of any, or denied of those that had passed. A trap is no
// worse a trap for mail that something else has let through.
bool would_decide(const Entry& entry, const PastAttempt& attempt, AcceptingEntries& accepting) {
  if (!denies(entry)) return true;
  return attempt.has_passed && (entry.action == Action::trap || !accepting.wins(attempt.entry, entry));
}

// An entry that opts in changes nothing but for a block of its own.
bool has_effect(const Entry& entry) { return entry.action != Action::greylist || entry.block; }

// One address, one network as providers give them to one customer: what it allows is meant, however much it
// is.
bool is_narrow(const Entry& entry) {
  if (denies(entry)) return false;
  const Pattern& pattern = entry.pattern;
  if (pattern.network()) {
    return pattern.network()->prefix() >= (pattern.network()->first().is_ipv4() ? kNarrowIpv4 : kNarrowIpv6);
  }
  return !pattern.is_regexp() && pattern.text().find('@') != std::string::npos;
}

// For each entry how many attempts it would have decided, and how many any of them would: by keys, as a
// decision finds them.
struct Counts {
  std::vector<std::uint64_t> of_entry;
  std::uint64_t of_any_that_denies = 0;
  std::uint64_t of_any_that_allows = 0;
};

Counts counts_of(const std::vector<Entry>& entries, const PastMail& past, AcceptingEntries& accepting) {
  Counts counts{.of_entry = std::vector<std::uint64_t>(entries.size())};
  std::unordered_map<std::string, std::vector<std::size_t>> by_key;
  std::vector<std::size_t> regexps;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Pattern& pattern = entries[i].pattern;
    // Neither records nor the journal have names of clients.
    const bool is_known = pattern.kind() != PatternKind::host || pattern.is_regexp();
    const bool can_match = is_known && (past.has_addresses || word(pattern.kind()) == "client");
    const bool is_asked = has_effect(entries[i]) && (denies(entries[i]) || !past.is_journal);
    if (!can_match || !is_asked) continue;
    if (!pattern.is_regexp()) {
      by_key[pattern.key()].push_back(i);
    } else if (regexps.size() < kMaxRegexps) {
      regexps.push_back(i);
    }
  }
  for (const PastAttempt& attempt : past.attempts) {
    bool is_denied = false;
    bool is_allowed = false;
    const auto add = [&](const std::vector<std::size_t>& places) {
      for (const std::size_t i : places) {
        const Entry& entry = entries[i];
        if (!entry.pattern.matches(attempt.subjects) || !would_decide(entry, attempt, accepting)) continue;
        ++counts.of_entry[i];
        is_denied = is_denied || denies(entry);
        is_allowed = is_allowed || (!denies(entry) && !is_narrow(entry));
      }
    };
    for (const std::string& key : keys_of(attempt.subjects)) {
      if (const auto found = by_key.find(key); found != by_key.end()) add(found->second);
    }
    add(regexps);
    counts.of_any_that_denies += is_denied ? 1 : 0;
    counts.of_any_that_allows += is_allowed ? 1 : 0;
  }
  return counts;
}

bool is_much(std::uint64_t part, std::uint64_t all, bool that_denies) {
  return part >= (that_denies ? kManyDenied : kMany) && part * kOneIn >= all;
}

// What the action does to an attempt.
std::string_view doing(Action action) {
  switch (action) {
    case Action::deny:
      return "denied";
    case Action::trap:
      return "trapped the clients of";
    case Action::greylist:
      return "blocked in another way";
    case Action::allow:
    case Action::skip:
      break;
  }
  return "accepted at once";
}

// What is known of the past by one of its sources, and what the entries would have decided of that.
struct Hindsight {
  PastMail past;
  Counts counts;
};

std::uint64_t all_of(const PastMail& past, bool that_denies) {
  return that_denies ? past.passed : past.attempts.size();
}

// Of the sources that which says more. What has passed may be in both, and is not added up.
const Hindsight& telling(const std::vector<Hindsight>& sources, bool that_denies, auto part_of) {
  return *std::ranges::max_element(sources, {}, [&](const Hindsight& source) {
    const std::uint64_t part = part_of(source.counts);
    return std::pair(is_much(part, all_of(source.past, that_denies), that_denies), part);
  });
}

// `12 of 345 records of the last 7 days that have passed`, `12 of 345 attempts that this host has accepted of
// late`
std::string share(std::uint64_t part, const PastMail& past, bool that_denies) {
  const std::uint64_t all = all_of(past, that_denies);
  std::string text = std::to_string(part) + " of " + (past.is_sample ? "a sample of " : "");
  if (past.is_journal) return text + counted(all, "attempt") + " that this host has accepted of late";
  return text.append(counted(all, "record"))
      .append(" of the last ")
      .append(std::to_string(kDaysOfRecords))
      .append(" days")
      .append(that_denies ? " that have passed" : "");
}

// `it would have denied 12 of …`
std::string figure(std::string_view who, const Entry& entry, std::uint64_t part, const PastMail& past) {
  return std::string(who)
      .append(" would have ")
      .append(doing(entry.action))
      .append(" ")
      .append(share(part, past, denies(entry)));
}

// Whether an entry makes a trap of one mailbox.
bool traps_mailbox(const Entry& entry) {
  const std::string& text = entry.pattern.text();
  return entry.action == Action::trap && text.find('@') != std::string::npos && !text.ends_with('@');
}

// How many records of what is to be a trap have passed. Of one mailbox all of them are asked for.
std::uint64_t passed_for(const Entry& entry, std::uint64_t in_sample, Administration& administration,
                         const Settings& settings) {
  const std::string& text = entry.pattern.text();
  if (!traps_mailbox(entry)) return in_sample;
  const std::string since = later(administration.now(), -std::chrono::days(kDaysOfRecords));
  return administration.count("greylisting_data WHERE pool IS NULL AND passed_count > 0 AND last_update >= " +
                              sql::text_literal(since, administration.dialect()) + " AND " +
                              condition_on_recipient(text, settings, administration.dialect()));
}

std::string stored_recipient(const Entry& entry, const Settings& settings) {
  return Fingerprinter(settings.privacy_key).stored(Address::recipient(entry.pattern.text()));
}

MailTo mailboxes_of(const std::vector<Entry>& entries, const Settings& settings) {
  MailTo mailboxes;
  for (const Entry& entry : entries) {
    if (traps_mailbox(entry)) mailboxes.try_emplace(stored_recipient(entry, settings), 0);
  }
  return mailboxes;
}

// Of what is to be a trap, without a record of mail that passed: what else says that somebody reads it.
std::string in_use(const Entry& entry, const std::string& accepted, const MailTo& mailboxes,
                   Administration& administration, const Settings& settings) {
  if (!traps_mailbox(entry)) return accepted.empty() ? "" : " has had mail: " + accepted;
  const std::string condition =
      condition_on_recipient(entry.pattern.text(), settings, administration.dialect());
  if (!expected_mail(administration, condition).empty()) return " has written mail, and waits for answers";
  const std::uint64_t times = mailboxes.at(stored_recipient(entry, settings));
  return times == 0 ? "" : " has had mail: this host has accepted it " + counted(times, "time") + " of late";
}

// A whole domain that this host takes mail for; empty for none.
std::string own_domain_of(const Entry& entry, const std::vector<std::string>& domains) {
  if (!denies(entry)) return "";
  if (std::string domain = all_of_own_domain(entry.pattern, domains); !domain.empty()) return domain;
  // A subdomain of one that is there for all of its subdomains.
  const std::string& text = entry.pattern.text();
  const std::string domain = text.substr(std::min(text.find_first_not_of("=*.@"), text.size()));
  return is_own(domain, domains) && is_all_of(entry.pattern, domain) ? domain : "";
}

// Without the figure; empty for an entry that is no harm by what it says. `records` and `accepted` of late
// are what it would have decided.
std::string harm_of(const Entry& entry, std::uint64_t records, const std::string& accepted,
                    const MailTo& mailboxes, Administration& administration, const Settings& settings,
                    const std::vector<std::string>& domains) {
  if (!has_effect(entry)) return "";
  if (const auto breadth = breadth_of(entry.pattern)) return " matches " + *breadth;
  if (const std::string domain = own_domain_of(entry, domains); !domain.empty())
    return " matches " + all_addresses_of(domain);
  if (entry.action != Action::trap) return "";
  const std::uint64_t passed = passed_for(entry, records, administration, settings);
  if (passed == 0) return in_use(entry, accepted, mailboxes, administration, settings);
  return " has had mail: " + counted(passed, "record") + " of the last " + std::to_string(kDaysOfRecords) +
         " days " + (passed == 1 ? "has" : "have") + " passed";
}

// Of networks none of which alone is too wide.
std::vector<std::string> warnings_about_networks(const std::vector<Entry>& entries) {
  std::vector<std::string> warnings;
  for (const bool that_denies : {true, false}) {
    std::vector<Network> networks;
    for (const Entry& entry : entries) {
      const auto& network = entry.pattern.network();
      if (network && denies(entry) == that_denies && has_effect(entry) && !breadth_of(entry.pattern))
        networks.push_back(*network);
    }
    if (const auto breadth = breadth_of(std::move(networks)))
      warnings.push_back("these entries together match " + *breadth);
  }
  return warnings;
}

// What many entries would have decided, where none alone is much.
std::vector<std::string> warnings_about_all(const std::vector<Entry>& entries,
                                            const std::vector<Hindsight>& sources) {
  std::vector<std::string> warnings;
  for (const bool that_denies : {true, false}) {
    const auto first =
        std::ranges::find_if(entries, [&](const Entry& each) { return denies(each) == that_denies; });
    if (first == entries.end()) continue;
    const auto part_of = [that_denies](const Counts& counts) {
      return that_denies ? counts.of_any_that_denies : counts.of_any_that_allows;
    };
    const auto& [past, counts] = telling(sources, that_denies, part_of);
    if (is_much(part_of(counts), all_of(past, that_denies), that_denies))
      warnings.push_back(figure("these entries together", *first, part_of(counts), past));
  }
  return warnings;
}

}  // namespace

std::vector<std::string> warnings_about(const std::vector<Entry>& entries, Administration& administration,
                                        const Settings& settings) {
  if (entries.empty()) return {};
  AcceptingEntries accepting(administration, settings);
  std::vector<Hindsight> sources;
  const auto add = [&](PastMail past) {
    Counts counts = counts_of(entries, past, accepting);
    sources.push_back({.past = std::move(past), .counts = std::move(counts)});
  };
  add(records_of_late(administration, settings));
  MailTo mailboxes = mailboxes_of(entries, settings);
  if (std::ranges::any_of(entries, denies)) add(accepted_of_late(settings, mailboxes));
  const std::vector<std::string> domains = own_domains();
  std::vector<std::string> warnings = warnings_about_networks(entries);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const auto part_of = [i](const Counts& counts) { return counts.of_entry[i]; };
    const auto& [past, counts] = telling(sources, denies(entry), part_of);
    const std::uint64_t part = part_of(counts);
    std::string harm =
        harm_of(entry, part_of(sources.front().counts), part == 0 ? "" : share(part, past, denies(entry)),
                mailboxes, administration, settings, domains);
    if (harm.empty() && (is_narrow(entry) || !is_much(part, all_of(past, denies(entry)), denies(entry))))
      continue;
    if (harm.empty()) {
      harm = figure("", entry, part, past);
    } else if (part > 0 && entry.action != Action::trap) {
      harm += "; " + figure("it", entry, part, past);
    }
    warnings.push_back(text(entry) + harm);
  }
  if (warnings.empty() && entries.size() > 1) warnings = warnings_about_all(entries, sources);
  if (warnings.size() > kMostWarnings) {
    const std::size_t more = warnings.size() - kMostWarnings;
    warnings.resize(kMostWarnings);
    warnings.push_back("and so " + counted(more, "more entry", "more entries"));
  }
  return warnings;
}

void require_meant(const std::vector<std::string>& warnings, bool is_sure, bool dry_run) {
  if (warnings.empty() || is_sure || dry_run) return;
  std::string all;
  for (const std::string& warning : warnings) all.append(all.empty() ? "" : "\n").append(warning);
  throw WantsYes(all + "; to do it all the same add --yes");
}

bool are_meant(const std::vector<std::string>& warnings, bool is_sure, bool dry_run, bool can_be_asked) {
  if (warnings.empty()) return true;
  const bool asks = !is_sure && !dry_run;
  if (!can_be_asked) require_meant(warnings, is_sure, dry_run);
  for (const std::string& warning : warnings) std::cout << "note: " << warning << '\n';
  if (!asks || is_confirmed()) return true;
  std::cout << "Nothing was done.\n";
  return false;
}

}  // namespace greylisting::ctl
