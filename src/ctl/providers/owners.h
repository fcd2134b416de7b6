// owners: whose networks `import spf` has allowed. The comment of an entry names the domains as far as there
// is room, for who reads it: `SPF of a.example, b.example`. Of more it has the number and the first of them,
// `SPF of 14 domains: a.example, b.example, ...`, and greylisting_meta has all, as `SPF of 192.0.2.0/24 1`,
// `… 2` and so on, each as many as there is room for.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/lists/entry_table.h"

namespace greylisting::ctl {

using Domains = std::set<std::string>;

/// Whose a network is.
struct Owners {
  Domains domains{};
  bool are_all = true;  // otherwise some have been lost, as with a comment that was cut
};

/// The domains for which the comments of entries have no room. Every function throws StoreError.
class MoreOwners {
 public:
  explicit MoreOwners(Administration& administration);

  /// Those of an entry as it is stored; no domain where its comment is somebody's own.
  Owners of(const StoredEntry& entry) const;

  /// Has the store keep those that the comment `owners_comment` does not name, for each network as its
  /// pattern is stored.
  void keep(const std::map<std::string, Domains>& owners);

  /// Drops what is kept of other networks than these.
  void keep_only(const std::set<std::string>& networks);

 private:
  void drop(const std::vector<std::string>& names);

  Administration& administration_;
  std::map<std::string, std::map<std::string, std::string>> kept_{};  // network, name of a row, its value
};

/// The comment of an entry.
std::string owners_comment(const Domains& domains);

/// Brings all that is kept from one store to another, in place of what is there.
void copy_more_owners(Administration& from, Administration& to);

}  // namespace greylisting::ctl
