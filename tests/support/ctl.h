// ctl: greylistctl, as an administrator of an installation runs it.
#pragma once

#include <string>
#include <vector>

#include "installation.h"
#include "process.h"

namespace greylisting::test {

/// In the root directory, so that no file is found by chance.
Command ctl_command(const Installation& installation, const std::vector<std::string>& arguments,
                    const std::string& input = "");
Result ctl(const Installation& installation, const std::vector<std::string>& arguments,
           const std::string& input = "");

}  // namespace greylisting::test
