// import spf, and refresh: entries that allow a provider's networks, as its SPF record has them. Each says in
// its comment whose it is (owners.h), and ends unless it is renewed.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ctime>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/batches.h"
#include "ctl/commands.h"
#include "ctl/lists/entry_command.h"
#include "ctl/lists/entry_table.h"
#include "ctl/long_change.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/take_back.h"
#include "ctl/providers/owners.h"
#include "ctl/providers/spf_networks.h"
#include "mail/client_name.h"
#include "process/dns.h"
#include "settings/control_file.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::time_t kLife = 30 * kDay;  // of a network that nobody renews
constexpr std::chrono::seconds kPatience{20};

using Networks = std::map<std::string, Domains>;  // whose each is

struct Renewal {
  std::vector<Entry> put{};
  Networks owners{};                                                     // of those
  std::vector<std::string> removed{};                                    // ids
  std::set<std::string> unsure{};                                        // networks that have lost owners
  std::map<std::string, std::pair<std::size_t, std::size_t>> changes{};  // of each domain: new, gone
};

class Providers {
 public:
  Providers(Administration& administration, const Settings& settings)
      : administration_(administration), table_(administration, settings), settings_(settings) {
    read();
  }

  Domains all() const {
    Domains all;
    for (const auto& [network, owned] : owners_) all.insert(owned.domains.begin(), owned.domains.end());
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
    // That took its time, in which another host may have changed them.
    read();
    for (auto& [domain, its] : found) {
      if (its.why.empty() && its.networks.empty() && networks_of(domain) > 0)
        its.why = "its record names no network";
    }
    const Renewal plan = plan_of(found);
    LongChange change({.subject = "", .one = "network", .many = "networks"}, dry_run);
    if (!dry_run) carry_out(plan, change);
    // What was removed is not known any longer.
    const bool has_undo = !dry_run && plan.removed.empty();
    const auto undo = has_undo ? commands_that_remove(added_by(plan), table_) : std::vector<std::string>();
    if (change.is_stopped()) {
      if (!options.json) print_take_back(undo);
      return kFailed;
    }
    int status = kDone;
    Json all = Json::array();
    for (const auto& [domain, its] : found) {
      if (!its.why.empty()) {
        complain(domain, its);
        status = kFailed;
      }
      if (!options.json) say(domain, its, plan, dry_run);
      all.push_back(json_of(domain, its, plan));
    }
    if (!plan.unsure.empty()) {
      complain_about(plan.unsure);
      status = kFailed;
    }
    if (options.json) {
      std::cout << Json{{"dry_run", dry_run}, {"domains", all}, {"undo", json_texts(undo)}}.text() << '\n';
    } else {
      print_take_back(undo);
    }
    return status;
  }

 private:
  void read() {
    stored_.clear();
    owners_.clear();
    more_.emplace(administration_);
    for (StoredEntry& entry :
         table_.entries(" WHERE action = 'allow' AND kind = 'network' AND comment LIKE 'SPF of %'")) {
      Owners owners = more_->of(entry);
      if (owners.domains.empty() && owners.are_all) continue;
      owners_.emplace(entry.pattern, std::move(owners));
      stored_.emplace(entry.pattern, std::move(entry));
    }
  }

  std::size_t networks_of(const std::string& domain) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        owners_, [&domain](const auto& each) { return each.second.domains.contains(domain); }));
  }

  Renewal plan_of(const std::map<std::string, SpfNetworks>& found) {
    Networks before;
    for (const auto& [network, owned] : owners_) before.emplace(network, owned.domains);
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
      const bool is_renewed = std::ranges::any_of(
          owners, [&renewed](const std::string& owner) { return renewed.contains(owner); });
      if (!is_renewed && !owners.empty()) continue;
      const auto owned = owners_.find(network);
      const bool are_all = owned == owners_.end() || owned->second.are_all;
      if (!are_all) plan.unsure.insert(network);
      if (is_renewed) {
        patterns.push_back(Pattern::parse("client", network));
      } else if (are_all) {
        plan.removed.push_back(stored_.at(network).id);
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
        if (!owners_.contains(entry.pattern) && !entry.is_over) own.insert(entry.pattern);
      }
      for (const Pattern& pattern : batch) {
        if (own.contains(pattern.text())) continue;
        const Domains& owners = networks.at(pattern.text());
        plan.owners.emplace(pattern.text(), owners);
        plan.put.push_back({.action = Action::allow,
                            .pattern = pattern,
                            .expires = expires,
                            .comment = owners_comment(owners)});
      }
    });
  }

  void carry_out(const Renewal& plan, LongChange& change) {
    change.is_of(plan.put.size() + plan.removed.size());
    change.carry_out(plan.put, [&](const std::vector<Entry>& batch) {
      Networks owners;
      for (const Entry& entry : batch) owners.insert(*plan.owners.find(entry.pattern.text()));
      administration_.transact([&] {
        table_.put(batch);
        more_->keep(owners);
      });
    });
    change.carry_out(plan.removed, [this](const std::vector<std::string>& batch) { table_.remove(batch); });
    if (change.is_stopped()) return;
    const std::set<std::string> removed(plan.removed.begin(), plan.removed.end());
    std::set<std::string> networks;
    for (const auto& [network, entry] : stored_) {
      if (!removed.contains(entry.id)) networks.insert(network);
    }
    for (const auto& [network, owners] : plan.owners) networks.insert(network);
    more_->keep_only(networks);
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
    const std::size_t kept = networks_of(domain);
    std::cerr << "greylistctl: " << domain << ": " << found.why
              << (kept == 0 ? "; nothing of it is allowed"
                            : "; its " + counted(kept, "network") + " stay as they are")
              << '\n';
  }

  static void complain_about(const std::set<std::string>& unsure) {
    std::cerr << "greylistctl: some domains of " << *unsure.begin();
    if (unsure.size() > 1) std::cerr << " and " << counted(unsure.size() - 1, "more network");
    std::cerr << " are not known any longer; name them again: greylistctl import spf DOMAIN ...\n";
  }

  static void say(const std::string& domain, const SpfNetworks& found, const Renewal& plan, bool dry_run) {
    if (found.why.empty()) {
      const auto [added, gone] = changes_of(domain, plan);
      std::cout << domain << ": " << counted(found.networks.size(), "network")
                << (dry_run ? ", would be " : ", ") << added << " new, " << gone << " gone\n";
    }
    for (const std::string& left : found.left)
      std::cout << "note: " << domain << ": left out " << left << '\n';
  }

  static std::pair<std::size_t, std::size_t> changes_of(const std::string& domain, const Renewal& plan) {
    const auto changes = plan.changes.find(domain);
    return changes == plan.changes.end() ? std::pair<std::size_t, std::size_t>() : changes->second;
  }

  static Json json_of(const std::string& domain, const SpfNetworks& found, const Renewal& plan) {
    const auto [added, gone] = changes_of(domain, plan);
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

  Administration& administration_;
  EntryTable table_;
  const Settings& settings_;
  std::map<std::string, StoredEntry> stored_{};  // by pattern
  std::map<std::string, Owners> owners_{};       // of those
  std::optional<MoreOwners> more_{};
};

// `-` are the lines of standard input, without what follows a #.
Domains domains_of(const std::vector<std::string>& words) {
  Domains domains;
  const auto add = [&domains](const std::string& word) {
    std::string domain = normal_client_name(word);
    // As they stand in comments.
    if (domain.empty() || domain != printable(domain) || domain.find_first_of("@/,") != std::string::npos)
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
