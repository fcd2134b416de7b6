// home: the directory in which settings, lists and state are found: `control/` and `greylisting/` in it.
#pragma once

#include <string>

namespace greylisting {

/// qmail's, /var/qmail, unless QMAILDIR names another; on a host without qmail /var/lib/greylisting, whose
/// control/ is /etc/greylisting. `root` is where these directories are looked for, for tests.
std::string default_home(const std::string& root = "");

/// Makes it the working directory, to which all file names are relative. Throws std::runtime_error, with the
/// remedy, when that cannot be.
void go_home(const std::string& directory);

}  // namespace greylisting
