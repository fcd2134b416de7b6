// another_user: nobody, whom root runs programs as that are not to be root's.
#pragma once

#include <unistd.h>

#include <string>
#include <vector>

#include "catch.h"

namespace greylisting::test {

inline constexpr unsigned kNobody = 65534;  // user and group
inline const std::vector<std::string> kAsNobody{"setpriv", "--reuid=65534", "--regid=65534",
                                                "--clear-groups"};

inline bool is_root() { return geteuid() == 0; }

/// A test that needs it for that, and ends without it, says so.
inline bool is_root(const std::string& what_for) {
  if (is_root()) return true;
  WARN("skipped: only root can " + what_for);
  return false;
}
inline bool can_be_nobody() { return is_root("run programs as another user"); }

}  // namespace greylisting::test
