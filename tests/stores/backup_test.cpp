// How greylistctl(8) says that an SQLite file is backed up while mail comes in, and how it is put back.

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/fault.h"

namespace greylisting::test {
namespace {

namespace fs = std::filesystem;

// What `sqlite3 FILE STATEMENT` does, which is not installed everywhere.
bool run_on(const fs::path& file, const std::string& statement) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open(file.c_str(), &opened);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
  return status == SQLITE_OK &&
         sqlite3_exec(opened, statement.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace

TEST_CASE("a backup of the SQLite file has all that was written, and is put back", "[backup]") {
  const Installation installation(Backend::sqlite);
  installation.put({"deny", "sender", "mallory@example.net"});
  decides(installation, "new");
  const fs::path file = installation.home() / "greylisting/greylisting.db";
  // The plugin leaves what it has written to the log beside the file.
  CHECK(fs::exists(file.string() + "-wal"));

  const TemporaryDirectory backups;
  const fs::path backup = backups / "greylisting.db";
  SECTION("by copy") {
    const Result copied = run({.arguments = {built("greylistctl"), "--home", installation.home(), "copy",
                                             "--from", "sqlite", "--to", "sqlite:" + backup.string()},
                               .directory = "/"});
    CAPTURE(copied.output, copied.errors);
    CHECK(copied.status == 0);
  }
  SECTION("by VACUUM INTO") { CHECK(run_on(file, "VACUUM INTO '" + backup.string() + "'")); }

  for (const char* const name : {"", "-wal", "-shm"})
    if (fs::exists(file.string() + name)) fs::remove(file.string() + name);
  decides(installation, "new");
  for (const char* const name : {"", "-wal", "-shm"})
    if (fs::exists(file.string() + name)) fs::remove(file.string() + name);
  fs::copy_file(backup, file);
  decides(installation, "early");
  CHECK(installation.sql("SELECT blocked_count FROM greylisting_data") == Rows{{"2"}});
  CHECK(logged(installation.attempt({.sender = "mallory@example.net"}), "reason") == "denied");
  CHECK(installation.sql("PRAGMA integrity_check").at(0).at(0) == "ok");
}

}  // namespace greylisting::test
