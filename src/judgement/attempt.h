// attempt: one delivery attempt and the rules it is judged by, which is all that a store needs to know.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "judgement/decision.h"
#include "judgement/session.h"
#include "judgement/transaction.h"
#include "lists/pattern.h"
#include "mail/expectation.h"
#include "mail/fingerprint.h"
#include "mail/sender_form.h"
#include "mail/triplet.h"
#include "settings/settings.h"

namespace greylisting {

/// The length in bits of the networks by which clients such as this count, unless match=smart says otherwise.
unsigned counted_prefix(const IpAddress& client, const Settings& settings);

/// What finds an attempt in a store: hashes, made once.
struct Keys {
  Fingerprint triplet{};                // under the client's network
  std::optional<Fingerprint> pool{};    // under the domain that vouches for it
  std::optional<Fingerprint> former{};  // both as schema 4 had them, where that differs: Triplet::keys
  std::optional<Fingerprint> former_pool{};
  std::vector<ClientIdentity> clients{};  // as whom the client earns trust, its network first
  std::vector<Expectation> expected{};    // by what it can be expected
  std::optional<Fingerprint> group{};  // with group_domain_level the sender's domain on the client's network
};

struct Attempt {
  Triplet triplet;
  Keys keys{};
  std::string client_name{};          // normal form; empty for none
  bool believes_client_name = false;  // whether entries may allow a client by its name
  Fingerprinter fingerprinter{};
  std::chrono::seconds block_expire{};     // how long a new triplet is deferred
  std::chrono::minutes record_expire{};    // life of a record that has never passed
  std::chrono::days record_expire_good{};  // life of a record after each pass
  bool only_listed = false;                // `explicit`: greylist only recipients that are listed
  unsigned max_pending = 0;               // triplets of one network that may wait at a time; 0 for any number
  std::optional<Reason> exempt{};         // why this attempt is accepted where others are deferred
  unsigned auto_allow_after = 0;          // passes that make a client trusted; 0 for never
  std::chrono::days auto_allow_expire{};  // how long it is after the last
  unsigned group_domain_level = 0;        // senders on a network that make their domain trusted; 0 for never
  bool springs_trap_if_new = false;       // `low_priority_mx`: who comes here first is trapped
  std::chrono::hours trap_expire{};       // how long a trapped client is denied
  bool message_is_refused = false;        // at DATA, so that it cannot pass for this recipient either
  bool earns_nothing = false;  // the host has refused a recipient that had passed, and accepted nobody since
  bool takes_back = false;     // and that one had earned a pass
  bool is_client_alone = false;  // no sender, no recipient: no pattern of theirs matches

  /// Throws std::runtime_error, with the remedy, when TCPREMOTEIP is not an address.
  static Attempt from(const Session& session, const Settings& settings, const Transaction& transaction = {});

  /// What patterns are held against.
  Subjects subjects() const {
    return {triplet.client,    client_name,      triplet.sender,
            triplet.recipient, !is_client_alone, original_sender(triplet.sender)};
  }
};

}  // namespace greylisting
