// any_backend: a test case that asks for one is run once for each.
#pragma once

#include "catch.h"
#include "installation.h"

namespace greylisting::test {

inline auto any_backend() { return GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite); }
inline auto any_other_backend() { return GENERATE(Backend::mariadb, Backend::mysql56, Backend::sqlite); }

}  // namespace greylisting::test
