// closed: what on the way to a file a user may not go through.
#pragma once

#include <string>

#include "ctl/check/user.h"

namespace greylisting::ctl {

/// The first directory on the way to `file` that the user cannot enter, on the way through symbolic links,
/// too; empty when there is none. Root alone sees all of them.
std::string closed_directory(const SmtpdUser& user, const std::string& file);

/// Where the file system is mounted that the file is on, when it lets nobody execute a program; else empty.
std::string noexec_mount(const std::string& file);

}  // namespace greylisting::ctl
