// import spf, and refresh: entries that allow a provider's networks, as its SPF record has them. Each says in
// its comment whose it is, and ends unless it is renewed.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/batches.h"
#include "ctl/commands.h"
#include "ctl/lists/entry_command.h"
#include "ctl/lists/entry_table.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/take_back.h"
#include "ctl/providers/spf_networks.h"
#include "mail/client_name.h"
#include "process/dns.h"
#include "settings/control_file.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kCommentMark = "SPF of ";
constexpr std::time_t kLife = 30 * kDay;  // of a network that nobody renews
constexpr std::chrono::seconds kPatience{20};

using Domains = std::set<std::string>;
using Networks = std::map<std::string, Domains>;  // whose each is

Domains domains_of(std::string_view comment) {
  Domains domains;
  if (!comment.starts_with(kCommentMark)) return domains;
  comment.remove_prefix(kCommentMark.size());
  while (!comment.empty()) {
    const auto end = std::min(comment.find(", "), comment.size());
    domains.emplace(comment.substr(0, end));
    comment.remove_prefix(std::min(end + 2, comment.size()));
  }
  return domains;
}

std::string comment_of(const Domains& domains) {
  std::string comment;
  for (const std::string& domain : domains)
    comment.append(comment.empty() ? kCommentMark : ", ").append(domain);
  return stored_comment(comment);
}

struct Renewal {
  std::vector<Entry> put{};
  std::vector<std::string> removed{};                                    // ids
  std::map<std::string, std::pair<std::size_t, std::size_t>> changes{};  // of each domain: new, gone
};

class Providers {
 public:
  Providers(Administration& administration, const Settings& settings)
      : table_(administration, settings), settings_(settings) {
    for (StoredEntry& entry :
         table_.entries(" WHERE action = 'allow' AND kind = 'network' AND comment LIKE 'SPF of %'"))
      stored_.emplace(entry.pattern, std::move(entry));
  }

  Domains all() const {
    Domains all;
    for (const auto& [network, entry] : stored_) all.merge(domains_of(entry.comment));
    return all;
  }

  // kFailed where a domain's record cannot be had; its networks stay as they are.
  int renew(const Domains& domains, const ProviderOptions& options) {
    const bool dry_run = options.dry_run;
    std::map<std::string, SpfNetworks> found;
    for (const std::string& domain : domains) {
      Dns dns(settings_.dns_server, Dns::Clock::now() + kPatience);
      found.emplace(domain, spf_networks(domain, [&dns](const std::string& name, DnsType type) {
                      return dns.ask(name, type);
                    }));
    }
    const Renewal plan = plan_of(found);
    if (!dry_run) carry_out(plan);
    // What was removed is not known any longer.
    const bool has_undo = !dry_run && plan.removed.empty();
    const auto undo = has_undo ? commands_that_remove(added_by(plan), table_) : std::vector<std::string>();
    int status = kDone;
    Json all = Json::array();
    for (const auto& [domain, its] : found) {
      if (!its.why.empty()) {
        complain(domain, its);
        status = kFailed;
      } else if (!options.json) {
        say(domain, its, plan, dry_run);
      }
      all.push_back(json_of(domain, its, plan));
    }
    if (options.json) {
      std::cout << Json{{"dry_run", dry_run}, {"domains", all}, {"undo", json_texts(undo)}}.text() << '\n';
    } else {
      print_take_back(undo);
    }
    return status;
  }

 private:
  Networks networks_now() const {
    Networks now;
    for (const auto& [network, entry] : stored_) now[network] = domains_of(entry.comment);
    return now;
  }

  Renewal plan_of(const std::map<std::string, SpfNetworks>& found) {
    const Networks before = networks_now();
    Networks after = before;
    Renewal plan;
    Domains renewed;
    for (const auto& [domain, its] : found) {
      if (!its.why.empty()) continue;
      renewed.insert(domain);
      for (auto& [network, owners] : after) owners.erase(domain);
      for (const Network& network : its.networks) after[text_of(network)].insert(domain);
    }
    std::vector<Pattern> patterns;
    for (const auto& [network, owners] : after) {
      const auto old = before.find(network);
      count_changes(old == before.end() ? Domains() : old->second, owners, renewed, plan);
      if (owners.empty()) {
        plan.removed.push_back(stored_.at(network).id);
      } else if (std::ranges::any_of(owners,
                                     [&](const std::string& owner) { return renewed.contains(owner); })) {
        patterns.push_back(Pattern::parse("client", network));
      }
    }
    add_entries(patterns, after, plan);
    return plan;
  }

  static void count_changes(const Domains& before, const Domains& after, const Domains& renewed,
                            Renewal& plan) {
    for (const std::string& domain : renewed) {
      auto& [added, gone] = plan.changes[domain];
      added += after.contains(domain) && !before.contains(domain) ? 1 : 0;
      gone += before.contains(domain) && !after.contains(domain) ? 1 : 0;
    }
  }

  // An entry of the same network that somebody has made stays as it is.
  void add_entries(const std::vector<Pattern>& patterns, const Networks& networks, Renewal& plan) {
    const std::string expires = stored_time(std::time(nullptr) + kLife);
    in_batches(patterns, [&](const std::vector<Pattern>& batch) {
      std::set<std::string> own;
      for (const StoredEntry& entry : table_.find(Action::allow, batch)) {
        if (!entry.comment.starts_with(kCommentMark) && !entry.is_over) own.insert(entry.pattern);
      }
      for (const Pattern& pattern : batch) {
        if (own.contains(pattern.text())) continue;
        plan.put.push_back({.action = Action::allow,
                            .pattern = pattern,
                            .expires = expires,
                            .comment = comment_of(networks.at(pattern.text()))});
      }
    });
  }

  void carry_out(const Renewal& plan) {
    in_batches(plan.put, [this](const std::vector<Entry>& batch) { table_.put(batch); });
    if (!plan.removed.empty()) table_.remove(plan.removed);
  }

  // The ids of what there was not before.
  std::vector<std::string> added_by(const Renewal& plan) {
    std::vector<Pattern> patterns;
    for (const Entry& entry : plan.put) {
      if (!stored_.contains(entry.pattern.text())) patterns.push_back(entry.pattern);
    }
    std::vector<std::string> ids;
    in_batches(patterns, [&](const std::vector<Pattern>& batch) {
      for (const StoredEntry& entry : table_.find(Action::allow, batch)) ids.push_back(entry.id);
    });
    return ids;
  }

  void complain(const std::string& domain, const SpfNetworks& found) const {
    const auto kept = static_cast<std::size_t>(std::ranges::count_if(
        stored_, [&](const auto& each) { return domains_of(each.second.comment).contains(domain); }));
    std::cerr << "greylistctl: " << domain << ": " << found.why
              << (kept == 0 ? "; nothing of it is allowed"
                            : "; its " + counted(kept, "network") + " stay as they are")
              << '\n';
  }

  static void say(const std::string& domain, const SpfNetworks& found, const Renewal& plan, bool dry_run) {
    const auto& [added, gone] = plan.changes.at(domain);
    std::cout << domain << ": " << counted(found.networks.size(), "network")
              << (dry_run ? ", would be " : ", ") << added << " new, " << gone << " gone\n";
    for (const std::string& left : found.left)
      std::cout << "note: " << domain << ": left out " << left << '\n';
  }

  static Json json_of(const std::string& domain, const SpfNetworks& found, const Renewal& plan) {
    const auto changes = plan.changes.find(domain);
    const auto [added, gone] =
        changes == plan.changes.end() ? std::pair<std::size_t, std::size_t>() : changes->second;
    return {{"domain", domain},
            {"networks", found.networks.size()},
            {"new", added},
            {"gone", gone},
            {"left_out", json_texts(found.left)},
            {"problem", found.why.empty() ? Json() : Json(found.why)}};
  }

  static std::string text_of(const Network& network) {
    return Pattern::parse("client", network.text()).text();
  }

  EntryTable table_;
  const Settings& settings_;
  std::map<std::string, StoredEntry> stored_{};  // by pattern
};

// `-` are the lines of standard input, without what follows a #.
Domains domains_of(const std::vector<std::string>& words) {
  Domains domains;
  const auto add = [&domains](const std::string& word) {
    std::string domain = normal_client_name(word);
    if (domain.empty() || domain.find_first_of(" @/,") != std::string::npos)
      throw UsageError(in_quotes(word, 100) + " is no domain; name those whose SPF record has the networks");
    domains.insert(std::move(domain));
  };
  for (const std::string& word : words) {
    if (word != "-") {
      add(word);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) {
      const std::string_view text = trimmed(std::string_view(line).substr(0, line.find('#')));
      if (!text.empty()) add(std::string(text));
    }
  }
  return domains;
}

}  // namespace

int import_spf(const LoadedSettings& loaded, const ProviderOptions& options) {
  const Domains domains = domains_of(options.domains);
  const auto administration = open_administration(loaded.settings);
  return Providers(*administration, loaded.settings).renew(domains, options);
}

int refresh(const LoadedSettings& loaded, const ProviderOptions& options) {
  const auto administration = open_administration(loaded.settings);
  Providers providers(*administration, loaded.settings);
  const Domains domains = providers.all();
  if (domains.empty() && !options.json) {
    std::cout << "no provider's networks are allowed; greylistctl import spf DOMAIN allows some\n";
    return kDone;
  }
  return providers.renew(domains, options);
}

}  // namespace greylisting::ctl
