// known: what another greylister knows, in whatever form it keeps it, as the records and the trust of this
// one.
#pragma once

#include <cstddef>
#include <ctime>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/long_change.h"
#include "lists/entry.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// A record that is to be. Times are seconds since 1970.
struct KnownTriplet {
  std::string client;       // an address, the first of a network's where only that is known
  std::string sender{};     // empty for the null sender
  std::string recipient{};  // empty where the client alone is known
  std::time_t first = 0;
  std::time_t last = 0;
  bool has_passed = false;   // otherwise it waits
  std::time_t hold = 0;      // for how long, where that is less than block_expire; 0 for that
  unsigned ipv4_prefix = 0;  // of a client that is known alone; 0 for a whole triplet
};

/// A client that has passed, as one or as the sender on its network.
struct KnownClient {
  std::string client;
  std::string sender{};  // an address; `@domain` for all of a domain; empty for the network itself
  long passes = 0;       // 0 for as many as make it trusted
  std::time_t last = 0;
};

struct Known {
  std::vector<KnownTriplet> triplets{};
  std::vector<KnownClient> clients{};
  std::vector<Entry> entries{};
  std::vector<std::string> problems{};  // what was not understood, a line each
  std::vector<std::string> notes{};     // what is not taken over, and why
};

/// What has become of it.
struct TakenOver {
  std::size_t added = 0;     // records
  std::size_t same = 0;      // that were there already
  std::size_t over = 0;      // that have expired, and are left out
  std::size_t networks = 0;  // that are trusted, or have passes
  std::size_t senders = 0;   // likewise, on a network, and domains there
};

/// Puts records and trust into the store, a thousand in a transaction, what is there already staying: so it
/// can be run again. With `dry_run` only counts. `change` is none yet, and may be stopped. Throws StoreError.
TakenOver take_over(Administration& administration, const Settings& settings, const Known& known,
                    bool dry_run, LongChange& change);

}  // namespace greylisting::ctl
