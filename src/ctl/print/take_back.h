// take_back: how what was done can be taken back, as a person types it.
#pragma once

#include <string>
#include <vector>

#include "ctl/print/json.h"

namespace greylisting::ctl {

/// Prints `to take it back: greylistctl remove entries/3`, a line for each command.
void print_take_back(const std::vector<std::string>& commands);

/// An array of those texts.
Json json_texts(const std::vector<std::string>& texts);

}  // namespace greylisting::ctl
