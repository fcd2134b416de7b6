// content: what is in a file of the host's.
#pragma once

#include <optional>
#include <string>

namespace greylisting::ctl {

/// All its bytes; nothing when it cannot be read, and errno says why.
std::optional<std::string> content_of(const std::string& file);

}  // namespace greylisting::ctl
