// denied_networks: which client networks are denied as a whole by entries.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

class DeniedNetworks {
 public:
  /// Reads the entries for networks: the store's, and those of this host's files for allowing and denying.
  /// Throws StoreError.
  DeniedNetworks(Administration& administration, const Settings& settings);

  /// The entry that denies all of that network: `entries/3`, `control/greylisting_deny:12`. Nothing when none
  /// does, or a more specific one allows it.
  std::optional<std::string> entry_for(const Network& network) const;

 private:
  void add(const Network& network, bool denies, const std::string& entry);

  struct Ruling {
    bool denies = false;
    std::string entry;
  };
  std::map<std::string, Ruling> rulings_;        // by the network's text
  std::set<unsigned, std::greater<>> prefixes_;  // that these have
};

}  // namespace greylisting::ctl
