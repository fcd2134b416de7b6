#include "ctl/check/closed.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <system_error>

namespace greylisting::ctl {

std::string closed_directory(const SmtpdUser& user, const std::string& file) {
  namespace fs = std::filesystem;
  constexpr int kMostLinks = 40;  // as the kernel has it
  const fs::path named = fs::absolute(file).lexically_normal();
  std::deque<fs::path> way(named.begin(), named.end());
  fs::path directory;
  for (int links = 0; !way.empty() && links < kMostLinks;) {
    const fs::path next = directory / way.front();
    way.pop_front();
    std::error_code error;
    if (!directory.empty() && !may_access(user, directory, X_OK)) return directory;
    if (const fs::path target = fs::read_symlink(next, error); !error) {
      way.insert(way.begin(), target.begin(), target.end());
      ++links;
    } else if (access(next.c_str(), F_OK) == 0) {
      directory = next;
    } else {
      break;
    }
  }
  return {};
}

std::string mount_of(const std::string& file, unsigned long flag) {
  namespace fs = std::filesystem;
  struct statvfs system = {};
  if (statvfs(file.c_str(), &system) != 0 || (system.f_flag & flag) == 0) return {};
  std::error_code error;
  fs::path mount = fs::canonical(file, error);
  struct statx status = {};
  while (mount != mount.parent_path() && statx(AT_FDCWD, mount.c_str(), 0, STATX_TYPE, &status) == 0 &&
         (status.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
    mount = mount.parent_path();
  return mount;
}

}  // namespace greylisting::ctl
