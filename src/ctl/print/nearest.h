// nearest: what a person may have meant by a word that there is not.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

/// The one of `words` that is only a slip of the keyboard away: letters left out, added, changed or swapped,
/// a third of them at most; their case does not count. Empty where none is.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

/// `; the nearest is status`, or nothing.
std::string naming_nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace greylisting::ctl
