// postgrey: the databases of Postgrey (1.37), Berkeley DB: postgrey.db, whose key is
// `network/sender/recipient` in lower case and whose value is `first,last` in seconds since 1970, and
// postgrey_clients.db, whose key is a client's address and whose value is `passes,last`.
//
// Postgrey takes a +extension out of a sender, and puts a # in the place of its numbers, as `sender_form`
// does; only a number by itself, `#@example.com`, is a name here, and can be anybody's there: in the place of
// such a triplet the network is trusted. With --privacy keys are hashes, of which nothing can be known.
#pragma once

#include <string>
#include <string_view>

#include "ctl/imports/known.h"

namespace greylisting::ctl {

/// What is in `directory`, Postgrey's --dbdir, also while Postgrey runs. Throws std::runtime_error, with the
/// remedy, when it cannot be read.
Known read_postgrey(const std::string& directory, const Settings& settings);

/// Of one record of either database; false when it is none.
bool take_postgrey_triplet(Known& known, std::string_view key, std::string_view value,
                           const Settings& settings);
bool take_postgrey_client(Known& known, std::string_view key, std::string_view value);

}  // namespace greylisting::ctl
