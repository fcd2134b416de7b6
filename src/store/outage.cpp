#include "store/outage.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "process/state_directory.h"

namespace greylisting {
namespace {

std::chrono::seconds age(const struct stat& status) {
  // A time stamp ahead of the clock says that the clock has been set back, not how long ago anything was.
  return std::chrono::seconds(std::abs(std::time(nullptr) - status.st_mtim.tv_sec));
}

}  // namespace

Outage::Outage(const std::string& directory, std::string_view name, std::chrono::seconds pause)
    : file_((directory + '/').append(name)), pause_(pause), is_usable_(is_private(directory)) {}

Outage::~Outage() {
  if (lock_ >= 0) close(lock_);
}

std::optional<std::chrono::seconds> Outage::failed_before() {
  if (!is_usable_) return std::nullopt;
  const int file = open(file_.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  is_remembered_ = true;
  const bool is_locked = flock(file, LOCK_EX | LOCK_NB) == 0;
  struct stat status = {};
  fstat(file, &status);
  if (!is_locked || age(status) < pause_) {
    close(file);
    return age(status);
  }
  lock_ = file;
  return std::nullopt;
}

void Outage::remember() const {
  if (is_usable_) touch_file(file_.c_str());
}

void Outage::remember_when_over(Deadline& deadline) const {
  if (is_usable_) deadline.touch_when_over(file_);
}

void Outage::forget() {
  if (is_remembered_) unlink(file_.c_str());
}

}  // namespace greylisting
