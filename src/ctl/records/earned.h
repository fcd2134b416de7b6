// earned: what clients have earned, as greylisting_clients has it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

enum class Standing { trusted, trapped };

/// `trusted`, `trapped`
std::string_view name(Standing standing);

struct EarnedClient {
  std::string identity;  // `192.0.2.0/24`, `example.net`; `example.net on 192.0.2.0/24` for one of which
                         // enough senders have passed (group_domain_level)
  std::string passes;    // hours in which mail has passed; of a group the senders that have
  std::string counted;   // when the last was counted, UTC
  std::string until;     // UTC
  std::string key;       // of its row, or of the group: hexadecimal digits
  bool is_group = false;
};

/// Those that are trusted, or trapped, now. Throws StoreError.
std::vector<EarnedClient> clients(Administration& administration, const Settings& settings,
                                  Standing standing);

/// Of them the one that is called so, and its group, found by its key: in the same time however many there
/// are. Throws StoreError.
std::vector<EarnedClient> clients_by_key(Administration& administration, const Settings& settings,
                                         Standing standing, const std::string& identity);

/// Likewise by what it is called, as the server goes through all of them: also one that is shown as a hash,
/// or whose key was made with another secret. Throws StoreError.
std::vector<EarnedClient> clients_called(Administration& administration, const Settings& settings,
                                         Standing standing, const std::string& identity);

/// How many of them there are. Throws StoreError.
std::uint64_t number_of_clients(Administration& administration, const Settings& settings, Standing standing);

/// Takes away what it has earned. Throws StoreError.
void forget(Administration& administration, const EarnedClient& client, Standing standing);

/// One identity of a client's network: the network, or a sender there.
struct EarnedIdentity {
  std::string key;   // hexadecimal digits
  std::string name;  // `192.0.2.0/24`, `alice@example.net on 192.0.2.0/24`
  std::string passes;
  bool is_trapped = false;
};

/// `the 5 passes and the trap of 192.0.2.0/24`
std::string text(const EarnedIdentity& identity);

/// Those with passes or a trap on networks within that one, by name. Reads a few thousand at a time. Throws
/// StoreError.
std::vector<EarnedIdentity> identities_on(Administration& administration, const Network& network);

/// Takes away all that they have earned. Throws StoreError.
void forget(Administration& administration, const std::vector<EarnedIdentity>& identities);

/// What a network by itself has earned.
struct NetworkStanding {
  long passes = 0;
  std::string expires;        // UTC; empty where it has no passes
  std::string trapped_until;  // UTC; empty when it is not trapped now
};

/// The key of a network as an identity: hexadecimal digits in upper case.
std::string key_of(const Network& network, const Settings& settings);

/// The key of an identity by what it is called, `192.0.2.0/24`, `example.net`, `alice@example.net on
/// 192.0.2.0/24`, or of a group, `example.net on 192.0.2.0/24`: hexadecimal digits.
std::string key_of_identity(const std::string& identity, const Settings& settings);

/// Of those keys that have a row that counts now. Throws StoreError.
std::map<std::string, NetworkStanding> standings(Administration& administration,
                                                 const std::vector<std::string>& keys);

/// The senders with passes on those networks (`192.0.2.0/24`), of which groups are made (group_domain_level).
/// Throws StoreError.
std::vector<EarnedIdentity> senders_on(Administration& administration, const std::set<std::string>& networks);

/// A network, or a sender on one, to be given passes, as one that has passed so often.
struct ClientToTrust {
  std::string key;
  std::string name;
  std::string seen;     // UTC; when mail of it was last accepted
  std::string expires;  // UTC
  long passes = 0;
  std::string group{};  // of a sender, its domain on that network: hexadecimal digits
};

/// One that is trapped now, more passes and a later end stay. A thousand in a transaction. Throws StoreError.
void trust(Administration& administration, const std::vector<ClientToTrust>& clients);

/// Takes away the passes of those keys, not a trap. A thousand in a transaction. Throws StoreError.
void withdraw_passes(Administration& administration, const std::vector<std::string>& keys);

}  // namespace greylisting::ctl
