// wanted: what a person asks about by one word, as records and lines of the journal have it.
#pragma once

#include <optional>
#include <string>

#include "host/journal.h"
#include "mail/network.h"
#include "settings/settings.h"
#include "store/sql.h"

namespace greylisting::ctl {

/// A client's address or network; an address, `user@`, a domain with its subdomains, or a part of an address,
/// of the sender or the recipient. With privacy=hash they are hashed, and a part cannot be asked for.
class Wanted {
 public:
  /// Throws UsageError.
  Wanted(const std::string& word, const Settings& settings);

  /// The client's; nothing for any other word.
  const std::optional<Network>& network() const { return network_; }

  bool matches(const JournalAttempt& attempt) const;

  /// As it is stored; empty where the word does not say one.
  const std::string& domain() const { return domain_; }
  const std::string& recipient() const { return recipient_; }

 private:
  bool is_of(const std::string& address, const std::string& whole) const;

  std::optional<Network> network_{};
  bool is_whole_ = false;  // one address, the empty one among them
  std::string sender_{};
  std::string recipient_{};
  std::string domain_{};
  std::string begin_{};  // `user@`
  std::string part_{};
};

}  // namespace greylisting::ctl
