// jgreylist: the directory of jgreylist (JGREYLIST_DIR): a file for each client, a directory for each octet
// before its last, of three digits: `192/000/002` for 192.0.2.0/24, `192/000/002/007` for 192.0.2.7
// (JGREYLIST_BY_IP). A file is empty, and its times are the client's: of modification when jgreylist first
// saw it, of access when it last did. It makes the file at the first visit, and lets the client in from the
// hold time on.
#pragma once

#include <string>

#include "ctl/imports/known.h"

namespace greylisting::ctl {

/// A client that was seen again after the hold time has passed, any other waits since its first visit. Where
/// no file has a time of access later than that of modification, nobody keeps these, and all have passed,
/// which a note says. Throws std::runtime_error, with the remedy, when there is no such directory; what else
/// cannot be read or is no client is a problem.
Known read_jgreylist(const std::string& directory);

}  // namespace greylisting::ctl
