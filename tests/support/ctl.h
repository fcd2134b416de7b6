// ctl: greylistctl, as an administrator of an installation runs it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "installation.h"
#include "process.h"

namespace greylisting::test {

using Arguments = std::vector<std::string>;

inline Arguments joined(Arguments words, const Arguments& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// A time as it is printed, without its zone; a regular expression.
inline const std::string kTime = "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}";

/// In the root directory, so that no file is found by chance. `before` starts it, as setpriv does.
Command ctl_command(const Installation& installation, const Arguments& arguments,
                    const std::string& input = "", const Arguments& before = {});
Result ctl(const Installation& installation, const Arguments& arguments, const std::string& input = "",
           const Arguments& before = {});

/// Starts a command that changes rows, ends it by the signal as soon as there is another number of them, and
/// returns what it has written until then.
std::string stopped_midway(const Command& command, const std::filesystem::path& output,
                           const std::function<std::size_t()>& rows, int signal);

}  // namespace greylisting::test
