// meta: greylisting_meta, what a store says of itself.
#pragma once

#include <string>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

/// As wide as the column is, in bytes.
inline constexpr std::size_t kLongestMeta = 255;

/// The value of that name; empty when there is none. Throws StoreError, like the others.
std::string meta(Administration& store, const std::string& name);

/// Puts the beginning of the value in, as wide as the column is, in place of what is there.
void set_meta(Administration& store, const std::string& name, const std::string& value);

void remove_meta(Administration& store, const std::string& name);

}  // namespace greylisting::ctl
