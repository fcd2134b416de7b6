#include "ctl/records/wanted.h"

#include <string_view>

#include "ctl/commands.h"
#include "ctl/records/record_table.h"
#include "mail/address.h"
#include "mail/fingerprint.h"
#include "text/ascii.h"
#include "text/printable.h"

namespace greylisting::ctl {

Wanted::Wanted(const std::string& word, const Settings& settings) : network_(Network::parse(word)) {
  if (network_) return;
  const Fingerprinter fingerprinter(settings.privacy_key);
  const bool is_path = word.size() >= 2 && word.front() == '<' && word.back() == '>';
  const std::string text = unescaped(is_path ? word.substr(1, word.size() - 2) : word);
  const auto at = text.rfind('@');
  if (text.empty() || (at != std::string::npos && at != 0 && at + 1 < text.size())) {
    is_whole_ = true;
    const Address sender = Address::sender(text);
    sender_ = fingerprinter.stored(sender);
    recipient_ = fingerprinter.stored(Address::recipient(text));
    if (!text.empty()) domain_ = fingerprinter.stored_domain(sender.domain());
    return;
  }
  if (at == 0 || (at == std::string::npos && text.find('.') != std::string::npos)) {
    domain_ = fingerprinter.stored_domain(Address::sender(at == 0 ? text : '@' + text).domain());
    return;
  }
  if (settings.privacy == Privacy::hash) throw UsageError(not_with_hashes(word));
  (at == std::string::npos ? part_ : begin_) = printable(ascii::lower(text));
}

bool Wanted::is_of(const std::string& address, const std::string& whole) const {
  if (is_whole_) return address == whole;
  if (!part_.empty()) return address.find(part_) != std::string::npos;
  if (!begin_.empty()) return address.starts_with(begin_);
  return address.ends_with('@' + domain_) || address.ends_with('.' + domain_);
}

bool Wanted::matches(const JournalAttempt& attempt) const {
  if (network_) {
    const auto client = IpAddress::parse(attempt.client);
    return client && network_->contains(*client);
  }
  return is_of(attempt.sender, sender_) ||
         (is_of(attempt.recipient, recipient_) && !attempt.recipient.empty());
}

}  // namespace greylisting::ctl
