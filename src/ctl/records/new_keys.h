// new_keys: what greylistctl migrate does for records whose key has the sender as it came (mail/triplet.h).
#pragma once

#include <cstdint>

#include "ctl/administration/administration.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// Gives each record the key of this version, where its addresses are stored and these settings made its key;
/// others are found by their former key for as long as they live. Of two records that fall together the one
/// that is further along stays. In batches, each a transaction; it goes on where it was broken off, and once
/// it is done does nothing. Returns how many records have another key now. Throws StoreError.
std::uint64_t give_new_keys(Administration& administration, const Settings& settings);

/// How many it would give another key. Reads as many records as it would. Throws StoreError.
std::uint64_t new_keys_ahead(Administration& administration, const Settings& settings);

}  // namespace greylisting::ctl
