// searched: how a word is read by which records and decisions are searched for a sender or a recipient.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mail/address.h"
#include "mail/network.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct Searched {
  enum class By {
    address,  // the empty one is the null sender
    domain,   // with its subdomains
    mailbox,  // `user@`, at any domain
    part      // of an address
  };

  By by = By::address;
  std::string text{};  // a domain with an @ before it, so that all but a part can be read as addresses

  /// Of a word as the log has it, with `\xNN`, or between < and >. A word without an @ or a dot is a domain,
  /// or where `can_be_part` any part of an address. With privacy=hash only addresses and domains can be
  /// searched for. What is written as a network and is none can be no part. Throws UsageError.
  static Searched of(const std::string& word, const Settings& settings, bool can_be_part);
};

/// Throws UsageError: the word is no network. `option` is put before it, as in `--client: `.
[[noreturn]] void refuse_network(const std::string& option, const std::string& word);

/// The network that a word names, as lists have it; a number alone is none.
std::optional<Network> searched_network(const std::string& word);

/// `user@` in its normal form, read as that kind of address.
std::string mailbox(const Searched& searched, Address (*read)(std::string_view));

}  // namespace greylisting::ctl
