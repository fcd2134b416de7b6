#include "ctl/records/wanted.h"

#include "mail/address.h"
#include "mail/fingerprint.h"
#include "text/printable.h"

namespace greylisting::ctl {

Wanted::Wanted(const std::string& word, const Settings& settings) : network_(searched_network(word)) {
  if (network_) return;
  const Fingerprinter fingerprinter(settings.privacy_key);
  const Searched searched = Searched::of(word, settings, true);
  const Address sender = Address::sender(searched.text);
  by_ = searched.by;
  if (by_ == Searched::By::address || by_ == Searched::By::domain) {
    if (!searched.text.empty()) domain_ = fingerprinter.stored_domain(sender.domain());
  }
  switch (by_) {
    case Searched::By::address:
      sender_ = fingerprinter.stored(sender);
      recipient_ = fingerprinter.stored(Address::recipient(searched.text));
      break;
    case Searched::By::domain:
      break;
    case Searched::By::mailbox:
      sender_ = printable(mailbox(searched, Address::sender));
      recipient_ = printable(mailbox(searched, Address::recipient));
      break;
    case Searched::By::part:
      sender_ = recipient_ = printable(searched.text);
      break;
  }
}

bool Wanted::is_of(const std::string& address, const std::string& text) const {
  switch (by_) {
    case Searched::By::address:
      break;
    case Searched::By::domain:
      return address == domain_ || address.ends_with('@' + domain_) || address.ends_with('.' + domain_);
    case Searched::By::mailbox:
      return address.starts_with(text);
    case Searched::By::part:
      return address.find(text) != std::string::npos;
  }
  return address == text;
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
