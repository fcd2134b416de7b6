// record_tally: by which rules records are counted, those that are there and those that the clean-up deletes.
//
// A triplet counts once, on the day on which it was first seen: of an attempt's two records that of its
// network counts, and one that has neither passed nor been deferred was withdrawn and does not.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "settings/settings.h"

namespace greylisting::ctl {

/// What has become of a record; the names by which the history has them.
inline constexpr std::string_view kPassed = "passed";
inline constexpr std::string_view kRetried = "retried";  // deferred more than once, and never passed
inline constexpr std::string_view kNeverRetried = "never-retried";

/// An SQL expression on greylisting_data that is one of them, or empty for a record that does not count.
std::string fate_of_record();

/// What the history has of records: how many there were, and the names of which the never-retried ones were.
inline constexpr std::string_view kRecordKind = "record";
inline constexpr std::string_view kClientKind = "client";
inline constexpr std::string_view kSenderDomainKind = "sender-domain";
inline constexpr std::string_view kRecipientKind = "recipient";
inline constexpr std::string_view kPoolKind = "pool";
inline constexpr std::array kNameKinds{kClientKind, kSenderDomainKind, kRecipientKind, kPoolKind};

/// The first address of a client's network, client and network as hexadecimal digits: `c0000207` is of
/// `c0000200`.
std::string network_digits(std::string_view client, const Settings& settings);

/// That network as `192.0.2.0/24`; empty for what is no address.
std::string network_text(const std::string& digits, const Settings& settings);

/// The domain of a sender as it is stored; `<>` for the null sender.
std::string_view domain_of(std::string_view sender);

/// Which message it is that is tried: the same in each of its attempts, from whatever network. That of the
/// null sender is no message one could know again: nothing vouches that two notices are the same.
std::string message_of(std::string_view sender, std::string_view recipient);
inline bool is_message(std::string_view sender) { return !sender.empty(); }

}  // namespace greylisting::ctl
