#include "store/open_store.h"

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <string>

#include "process/memory.h"
#include "process/state_directory.h"
#include "store/mysql_store.h"
#include "store/outage.h"
#include "store/sqlite_store.h"

namespace greylisting {
namespace {

std::unique_ptr<Store> connect(const Settings& settings, Deadline& deadline) {
  Outage outage{std::string(kStateDirectory)};
  if (const auto ago = outage.failed_before()) {
    throw StoreError("MySQL: the database could not be reached " + std::to_string(ago->count()) +
                         " s ago; it is tried again every " + std::to_string(Outage::kPause.count()) + " s",
                     "an earlier line of the log says what was wrong; greylistctl check tries at once");
  }
  outage.remember_when_over(deadline);
  try {
    auto store = std::make_unique<MysqlStore>(settings.mysql_default_file);
    deadline.touch_when_over("");
    outage.forget();
    return store;
  } catch (const ConnectionError&) {
    outage.remember();
    throw;
  }
}

// Nothing is made through a symbolic link: who made it need not be who may say where files come to be.
void require_no_dangling_link(const std::string& file) {
  struct stat status = {};
  if (lstat(file.c_str(), &status) == 0 && S_ISLNK(status.st_mode) && stat(file.c_str(), &status) != 0)
    throw StoreError("SQLite: " + file + " is a symbolic link to a file that is not there",
                     "make that file, as the user that qmail-smtpd runs as, or remove the link");
}

// Whoever can write to the directory can put another file in the place of this one.
void require_private_directory(const std::string& file) {
  const std::string directory = std::filesystem::absolute(file).parent_path();
  struct stat status = {};
  if (stat(directory.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
    throw StoreError("SQLite: everybody can write to the directory " + directory,
                     "chmod o-w it; where others need it, as they do /tmp, set sqlite_file to a file in a "
                     "directory of its own");
  }
}

// What a decision takes, as measured: buffers of the client library; pages of the file, by SQLite.
constexpr std::size_t heap_for(StoreKind kind) {
  return std::size_t{1024} * (kind == StoreKind::mysql ? 88 : 400);
}

}  // namespace

std::unique_ptr<Store> open_store(const Settings& settings, Deadline& deadline) {
  prepare_heap(heap_for(settings.store_kind()));
  if (settings.store_kind() == StoreKind::mysql) return connect(settings, deadline);
  require_private_directory(settings.sqlite_file);
  require_no_dangling_link(settings.sqlite_file);
  // A little less than is left, so that a locked file is said to be that and not just slow.
  return std::make_unique<SqliteStore>(settings.sqlite_file, deadline.remaining() * 9 / 10);
}

}  // namespace greylisting
