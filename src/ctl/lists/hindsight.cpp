#include "ctl/lists/hindsight.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ctl/commands.h"
#include "ctl/lists/breadth.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/terminal.h"
#include "ctl/records/expected.h"
#include "ctl/records/record_table.h"
#include "host/journal.h"
#include "mail/fingerprint.h"
#include "settings/own_domains.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr int kDays = 7;
constexpr std::size_t kMaxRecords = 5000;
constexpr std::size_t kMostWarnings = 10;
constexpr std::size_t kMaxRegexps = 50;  // held against all records
constexpr std::uint64_t kMany = 20;
constexpr std::uint64_t kManyDenied = 5;
constexpr std::uint64_t kOneIn = 10;
constexpr unsigned kNarrowIpv4 = 24;
constexpr unsigned kNarrowIpv6 = 48;

struct PastAttempt {
  Subjects subjects;
  bool has_passed = false;
};

struct Past {
  std::vector<PastAttempt> attempts{};
  std::uint64_t passed = 0;
  bool is_sample = false;
  bool has_addresses = true;  // not where they are stored as hashes
};

// Triplets are hashes, so that the first of them are records taken at random.
Past past(Administration& administration, const Settings& settings) {
  Past past{.has_addresses = settings.privacy != Privacy::hash};
  const std::string since = later(administration.now(), -std::chrono::days(kDays));
  const auto rows = administration.ask(
      "SELECT LOWER(HEX(relay_ip)), mail_from, rcpt_to, passed_count, last_update FROM greylisting_data "
      "WHERE pool IS NULL ORDER BY triplet LIMIT " +
          std::to_string(kMaxRecords),
      5);
  past.is_sample = rows.size() == kMaxRecords;
  for (const Administration::Row& row : rows) {
    const auto client = IpAddress::parse(address_of(row[0]));
    if (!client || row[4] < since) continue;
    past.attempts.push_back({.subjects = {.client = *client,
                                          .client_name = {},
                                          .sender = Address::sender(unescaped(row[1])),
                                          .recipient = Address::recipient(unescaped(row[2]))},
                             .has_passed = row[3] != "0"});
    past.passed += row[3] == "0" ? 0 : 1;
  }
  return past;
}

bool denies(const Entry& entry) { return entry.action == Action::deny || entry.action == Action::trap; }

// What would have been decided otherwise: accepted of any, or denied of those that had passed.
bool would_decide(const Entry& entry, const PastAttempt& attempt) {
  return attempt.has_passed || !denies(entry);
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

Counts counts_of(const std::vector<Entry>& entries, const Past& past) {
  Counts counts{.of_entry = std::vector<std::uint64_t>(entries.size())};
  std::unordered_map<std::string, std::vector<std::size_t>> by_key;
  std::vector<std::size_t> regexps;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Pattern& pattern = entries[i].pattern;
    // Records have no names of clients.
    const bool is_known = pattern.kind() != PatternKind::host || pattern.is_regexp();
    const bool can_match = is_known && (past.has_addresses || word(pattern.kind()) == "client");
    if (!can_match || !has_effect(entries[i])) continue;
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
        if (!would_decide(entry, attempt) || !entry.pattern.matches(attempt.subjects)) continue;
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

// `it would have denied 12 of the 345 records of the last 7 days that have passed`
std::string figure(std::string_view who, const Entry& entry, std::uint64_t part, const Past& past) {
  const std::uint64_t all = denies(entry) ? past.passed : past.attempts.size();
  return std::string(who)
      .append(" would have ")
      .append(doing(entry.action))
      .append(" ")
      .append(number_text(part))
      .append(" of ")
      .append(past.is_sample ? "a sample of " : "")
      .append(counted(all, "record"))
      .append(" of the last ")
      .append(std::to_string(kDays))
      .append(" days")
      .append(denies(entry) ? " that have passed" : "");
}

// Whether an entry makes a trap of one mailbox.
bool traps_mailbox(const Entry& entry) {
  const std::string& text = entry.pattern.text();
  return entry.action == Action::trap && text.find('@') != std::string::npos && !text.ends_with('@');
}

// How many records of what is to be a trap have passed. Of one mailbox all of them are asked for.
std::uint64_t accepted_for(const Entry& entry, std::uint64_t in_sample, Administration& administration,
                           const Settings& settings) {
  const std::string& text = entry.pattern.text();
  if (!traps_mailbox(entry)) return in_sample;
  const std::string since = later(administration.now(), -std::chrono::days(kDays));
  return administration.count("greylisting_data WHERE pool IS NULL AND passed_count > 0 AND last_update >= " +
                              sql::text_literal(since, administration.dialect()) + " AND " +
                              condition_on_recipient(text, settings, administration.dialect()));
}

// By recipient, as stored: how often this host has accepted mail of late to those that are to be traps. The
// journal, which has what was accepted for the client's sake, too, is read once for all of them.
using Accepted = std::unordered_map<std::string, std::uint64_t>;

std::string stored_recipient(const Entry& entry, const Settings& settings) {
  return Fingerprinter(settings.privacy_key).stored(Address::recipient(entry.pattern.text()));
}

Accepted accepted_of_late(const std::vector<Entry>& entries, const Settings& settings) {
  Accepted accepted;
  for (const Entry& entry : entries) {
    if (traps_mailbox(entry)) accepted.try_emplace(stored_recipient(entry, settings), 0);
  }
  if (accepted.empty()) return accepted;
  const Journal journal(settings);
  for (const std::time_t hour : journal.hours()) {
    journal.read(hour, [&accepted](const JournalLine& line) {
      if (!line.reason || outcome_of(*line.reason) != Outcome::accepted) return;
      const auto attempt = attempt_of(line);
      if (!attempt) return;
      if (const auto found = accepted.find(attempt->recipient); found != accepted.end()) ++found->second;
    });
  }
  return accepted;
}

// Of a mailbox without a record of mail that passed, what else says that somebody reads it.
std::string in_use(const Entry& entry, const Accepted& accepted_of_late, Administration& administration,
                   const Settings& settings) {
  if (!traps_mailbox(entry)) return "";
  const std::string condition =
      condition_on_recipient(entry.pattern.text(), settings, administration.dialect());
  if (!expected_mail(administration, condition).empty()) return " has written mail, and waits for answers";
  const std::uint64_t accepted = accepted_of_late.at(stored_recipient(entry, settings));
  return accepted == 0 ? ""
                       : " has had mail: this host has accepted it " + counted(accepted, "time") + " of late";
}

// A whole domain that this host takes mail for; empty for none.
std::string own_domain_of(const Entry& entry, const std::vector<std::string>& domains) {
  if (!denies(entry)) return "";
  const auto found = std::ranges::find_if(domains, [&](const std::string& domain) {
    return is_all_of(entry.pattern, domain.starts_with('.') ? "host" + domain : domain);
  });
  if (found != domains.end()) return *found;
  // A subdomain of one that is there for all of its subdomains.
  const std::string& text = entry.pattern.text();
  const std::string domain = text.substr(std::min(text.find_first_not_of("=*.@"), text.size()));
  return is_own(domain, domains) && is_all_of(entry.pattern, domain) ? domain : "";
}

// Without the figure; empty for an entry that is no harm by what it says.
std::string harm_of(const Entry& entry, std::uint64_t in_sample, const Accepted& accepted_of_late,
                    Administration& administration, const Settings& settings,
                    const std::vector<std::string>& domains) {
  if (!has_effect(entry)) return "";
  if (const auto breadth = breadth_of(entry.pattern)) return " matches " + *breadth;
  if (const std::string domain = own_domain_of(entry, domains); !domain.empty())
    return " matches every address of " + domain + ", for which this host takes mail";
  if (entry.action != Action::trap) return "";
  const std::uint64_t accepted = accepted_for(entry, in_sample, administration, settings);
  if (accepted == 0) return in_use(entry, accepted_of_late, administration, settings);
  return " has had mail: " + counted(accepted, "record") + " of the last " + std::to_string(kDays) +
         " days " + (accepted == 1 ? "has" : "have") + " passed";
}

}  // namespace

std::vector<std::string> warnings_about(const std::vector<Entry>& entries, Administration& administration,
                                        const Settings& settings) {
  if (entries.empty()) return {};
  const Past its = past(administration, settings);
  const Counts counts = counts_of(entries, its);
  const std::vector<std::string> domains = own_domains();
  const Accepted accepted = accepted_of_late(entries, settings);
  std::vector<std::string> warnings;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const std::uint64_t part = counts.of_entry[i];
    const std::uint64_t all = denies(entry) ? its.passed : its.attempts.size();
    std::string harm = harm_of(entry, part, accepted, administration, settings, domains);
    if (harm.empty() && (is_narrow(entry) || !is_much(part, all, denies(entry)))) continue;
    if (harm.empty()) {
      harm = figure("", entry, part, its);
    } else if (part > 0 && entry.action != Action::trap) {
      harm += "; " + figure("it", entry, part, its);
    }
    warnings.push_back(text(entry) + harm);
  }
  if (warnings.empty() && entries.size() > 1) {
    const auto first = [&](bool that_denies) {
      return std::ranges::find_if(entries, [&](const Entry& each) { return denies(each) == that_denies; });
    };
    if (is_much(counts.of_any_that_denies, its.passed, true))
      warnings.push_back(figure("these entries together", *first(true), counts.of_any_that_denies, its));
    if (is_much(counts.of_any_that_allows, its.attempts.size(), false))
      warnings.push_back(figure("these entries together", *first(false), counts.of_any_that_allows, its));
  }
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
