// wanted: what a person asks about by one word, as records and lines of the journal have it.
#pragma once

#include <optional>
#include <string>

#include "ctl/records/searched.h"
#include "host/journal.h"
#include "mail/network.h"
#include "settings/settings.h"

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
  std::string recipient() const { return by_ == Searched::By::address ? recipient_ : ""; }

 private:
  bool is_of(const std::string& address, const std::string& text) const;

  std::optional<Network> network_{};
  Searched::By by_ = Searched::By::address;
  std::string sender_{};     // the address, `user@` or part of one
  std::string recipient_{};  // likewise
  std::string domain_{};
};

}  // namespace greylisting::ctl
