#include "ctl/print/nearest.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace greylisting::ctl {

TEST_CASE("nearest: a slip of the keyboard is seen through, another word is not", "[nearest]") {
  const std::vector<std::string> words{"allow", "deny", "status", "list", "skip"};
  CHECK(nearest("stauts", words) == "status");
  CHECK(nearest("statsu", words) == "status");
  CHECK(nearest("alow", words) == "allow");
  CHECK(nearest("allow", words) == "allow");
  CHECK(nearest("alllow", words) == "allow");
  CHECK(nearest("lsit", words) == "list");
  CHECK(nearest("dent", words) == "deny");
  CHECK(nearest("import", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest("x", words).empty());
  CHECK(nearest("allow", {}).empty());
  CHECK(naming_nearest("lsit", words) == "; the nearest is list");
  CHECK(naming_nearest("import", words).empty());
}

}  // namespace greylisting::ctl
