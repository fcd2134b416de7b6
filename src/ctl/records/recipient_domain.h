// recipient_domain: the domain whose mail alone figures are asked for.
#pragma once

#include <string>
#include <string_view>

#include "settings/settings.h"

namespace greylisting::ctl {

/// The domain of a recipient as it is stored; empty where the address has none, as `postmaster`, or one for
/// which the history has no room.
std::string_view recipient_domain_of(std::string_view recipient);

struct RecipientDomain {
  std::string name{};    // in its normal form; empty for the mail of all domains
  std::string stored{};  // as it is in the store and in the journal; hashed with privacy=hash

  /// Of what a person has typed, with or without an @ before it; empty for all. Throws UsageError.
  static RecipientDomain of(const std::string& text, const Settings& settings);

  bool is_all() const { return stored.empty(); }

  /// Whether a recipient, as it is stored, is of it. Subdomains are domains of their own.
  bool has(std::string_view recipient) const;
};

}  // namespace greylisting::ctl
