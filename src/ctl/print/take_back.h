// take_back: how what was done can be taken back, as a person types it.
#pragma once

#include <string>
#include <vector>

namespace greylisting::ctl {

/// What is said of a change that has no such command.
inline constexpr const char* kCannotBeTakenBack = "this cannot be taken back";

/// Prints `to take it back: greylistctl remove entries/3`, a line for each command.
void print_take_back(const std::vector<std::string>& commands);

}  // namespace greylisting::ctl
