// content: what is in a file of the host's.
#pragma once

#include <optional>
#include <string>

#include "ctl/check/user.h"

namespace greylisting::ctl {

/// All its bytes; nothing when it cannot be read, and errno says why.
std::optional<std::string> content_of(const std::string& file);

/// The same, as that user.
std::optional<std::string> content_as(const SmtpdUser& user, const std::string& file);

}  // namespace greylisting::ctl
