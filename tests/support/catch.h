// Catch2, version 2 or 3, whichever the release has: Debian 12 has version 2, Debian 13 version 3. Only what
// the tests use of it, and by the names of version 2 where they differ.
#pragma once

#if __has_include(<catch2/catch_test_macros.hpp>)

#include <catch2/catch_message.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_predicate.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>

namespace Catch {
namespace Matchers {
inline StringContainsMatcher Contains(const std::string& part) { return ContainsSubstring(part); }
}  // namespace Matchers
using namespace Matchers;
}  // namespace Catch

#else

#include <catch2/catch.hpp>

#endif
