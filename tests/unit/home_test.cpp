#include "settings/home.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace greylisting::test {

TEST_CASE("default_home: qmail's where it is, else greylisting's own, unless QMAILDIR says", "[settings]") {
  if (std::getenv("QMAILDIR") != nullptr) return;
  const TemporaryDirectory directory;
  const std::string root = directory.path();
  CHECK(default_home(root) == root + "/var/qmail");
  std::filesystem::create_directories(root + "/var/lib/greylisting/control");
  CHECK(default_home(root) == root + "/var/lib/greylisting");
  std::filesystem::create_directories(root + "/var/qmail");  // as another program's users have it
  CHECK(default_home(root) == root + "/var/lib/greylisting");
  std::filesystem::create_directories(root + "/var/qmail/control");
  CHECK(default_home(root) == root + "/var/qmail");
  REQUIRE(setenv("QMAILDIR", "/srv/qmail", 1) == 0);
  CHECK(default_home(root) == "/srv/qmail");
  REQUIRE(setenv("QMAILDIR", "", 1) == 0);
  CHECK(default_home(root) == root + "/var/qmail");
  unsetenv("QMAILDIR");
}

}  // namespace greylisting::test
