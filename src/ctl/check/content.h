// content: what is in a file of the host's.
#pragma once

#include <cerrno>
#include <optional>
#include <string>

#include "ctl/check/user.h"

namespace greylisting::ctl {

/// The errno of what is neither a regular file nor a directory.
inline constexpr int kNoRegularFile = ENOTSUP;

/// All its bytes; nothing when it cannot be read, and errno says why.
std::optional<std::string> content_of(const std::string& file);

/// The same, as that user.
std::optional<std::string> content_as(const SmtpdUser& user, const std::string& file);

}  // namespace greylisting::ctl
