// closed: what on the way to a file a user may not go through.
#pragma once

#include <string>

#include "ctl/check/user.h"

namespace greylisting::ctl {

/// The first directory on the way to `file` that the user cannot enter, on the way through symbolic links,
/// too; empty when there is none. Root alone sees all of them.
std::string closed_directory(const SmtpdUser& user, const std::string& file);

/// Where the file system is mounted that the file is on, when it is mounted with that flag (ST_NOEXEC,
/// ST_RDONLY); else empty.
std::string mount_of(const std::string& file, unsigned long flag);

}  // namespace greylisting::ctl
