// record_tally: by which rules records are counted, those that are there and those that the clean-up deletes.
//
// A triplet counts once, on the day on which it was first seen: of an attempt's two records that of its
// network counts, and one that has neither passed nor been deferred was withdrawn and does not.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "ctl/administration/administration.h"
#include "ctl/records/moved_messages.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// What has become of a record; the names by which the history has them.
inline constexpr std::string_view kPassed = "passed";
inline constexpr std::string_view kRetried = "retried";  // deferred more than once, and never passed
inline constexpr std::string_view kNeverRetried = "never-retried";

/// A record as it is counted: columns of a row.
struct CountedRecord {
  enum Column {
    id,
    key,
    fate,
    is_open,
    client,
    sender,
    recipient,
    first,
    last,
    passed,
    block_ends,
    ends,
    columns
  };

  /// What to select for that from greylisting_data: fate is one of the names above, or empty for a record
  /// that does not count, and key is hexadecimal. `now` is a time as the stores have it.
  static std::string selected(const std::string& now, sql::Dialect dialect);
};

/// What a record tells of the message that it is of; nothing for one that does not count, and for the null
/// sender, of whom nothing vouches that two notices are the same message.
std::optional<Trial> trial_of(const Administration::Row& record, const Settings& settings);

/// What the history has of records: how many there were, and the names of which the never-retried ones were.
inline constexpr std::string_view kRecordKind = "record";
inline constexpr std::string_view kClientKind = "client";
inline constexpr std::string_view kSenderDomainKind = "sender-domain";
inline constexpr std::string_view kRecipientKind = "recipient";
inline constexpr std::string_view kToRecordKind = "to-record";  // how many, by the domain of the recipient
inline constexpr std::array kNameKinds{kClientKind, kSenderDomainKind, kRecipientKind};

/// And what it has of messages that came from several networks, by the domain of their sender.
inline constexpr std::string_view kPoolKind = "pool";                   // failed attempts elsewhere
inline constexpr std::string_view kPoolMessagesKind = "pool-messages";  // messages
inline constexpr std::string_view kPoolNetworksKind = "pool-networks";  // the most networks of one
inline constexpr std::string_view kPoolWaitKind = "pool-wait";          // the longest wait of one, in seconds
inline constexpr std::array kPoolKinds{kPoolKind, kPoolMessagesKind, kPoolNetworksKind, kPoolWaitKind};

/// The first address of a client's network, client and network as hexadecimal digits: `c0000207` is of
/// `c0000200`.
std::string network_digits(std::string_view client, const Settings& settings);

/// That network as `192.0.2.0/24`; empty for what is no address.
std::string network_text(const std::string& digits, const Settings& settings);

/// The domain of a sender as it is stored; `<>` for the null sender.
std::string_view domain_of(std::string_view sender);

}  // namespace greylisting::ctl
