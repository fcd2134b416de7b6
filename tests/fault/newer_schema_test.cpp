// A schema that a later version has made, as where one of several MX hosts on one database has been upgraded
// before the others: the plugin decides while its statements still fit, and fails safely when they do not.

#include <string>

#include "tests/support/any_backend.h"
#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

using Catch::Contains;

void make_newer(const Installation& installation) {
  installation.sql("UPDATE greylisting_meta SET value = '6' WHERE name = 'schema_version'");
}

// What takes away a column that the plugin needs.
std::string rename_column(Backend backend) {
  const bool is_sqlite = backend == Backend::sqlite;
  return std::string("ALTER TABLE greylisting_data ") +
         (is_sqlite ? "RENAME COLUMN block_expires TO blocked_until"
                    : "CHANGE block_expires blocked_until datetime NOT NULL");
}

std::string version(const Installation& installation) {
  return text(installation.sql("SELECT value FROM greylisting_meta WHERE name = 'schema_version'"));
}

}  // namespace

TEST_CASE("a later version's schema that has all that the plugin needs is used and left alone", "[fault]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_newer(installation);
  installation.sql("ALTER TABLE greylisting_data ADD COLUMN later_on varchar(10)");
  decides(installation, "new");
  decides(installation, "early");
  CHECK(version(installation) == "6\n");
}

TEST_CASE("a later version's schema that lacks what the plugin needs is said to be that", "[fault]") {
  const Installation installation(any_backend());
  CAPTURE(name(installation.backend()));
  make_newer(installation);
  installation.sql(rename_column(installation.backend()));
  fails_safely(installation, {"block_expires", "greylistctl migrate"});

  // The remedy knows better than the plugin, which does not look at the version.
  const Result migrate = run({.arguments = {built("greylistctl"), "--home", installation.home(), "migrate"}});
  CHECK(migrate.status == 1);
  CHECK_THAT(migrate.errors, Contains("the schema ") && Contains("version ") &&
                                 Contains("install the program that made it, or a later one"));
  CHECK(version(installation) == "6\n");
}

}  // namespace greylisting::test
