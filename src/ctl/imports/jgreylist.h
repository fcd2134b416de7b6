// jgreylist: the directory of jgreylist (JGREYLIST_DIR): a file for each client, a directory for each octet
// before its last, of three digits: `192/000/002` for 192.0.2.0/24, `192/000/002/007` for 192.0.2.7
// (JGREYLIST_BY_IP). A file is empty, and its times are the client's: jgreylist leaves the time of
// modification at the first visit and sets that of access; copies and older versions of it may have the last
// visit in either.
#pragma once

#include <string>

#include "ctl/imports/known.h"

namespace greylisting::ctl {

/// Every client as one that has passed. Throws std::runtime_error, with the remedy, when there is no such
/// directory; what else cannot be read or is no client is a problem.
Known read_jgreylist(const std::string& directory);

}  // namespace greylisting::ctl
