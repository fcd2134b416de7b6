#include "ctl/check/closed.h"

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
    if (!directory.empty()) {
      const ActingAs smtpd(user);
      if (eaccess(directory.c_str(), X_OK) != 0) return directory;
    }
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

std::string noexec_mount(const std::string& file) {
  namespace fs = std::filesystem;
  struct statvfs system = {};
  if (statvfs(file.c_str(), &system) != 0 || (system.f_flag & ST_NOEXEC) == 0) return {};
  std::error_code error;
  fs::path mount = fs::canonical(file, error);
  struct stat status = {};
  struct stat above = {};
  while (mount != mount.parent_path() && stat(mount.c_str(), &status) == 0 &&
         stat(mount.parent_path().c_str(), &above) == 0 && status.st_dev == above.st_dev)
    mount = mount.parent_path();
  return mount;
}

}  // namespace greylisting::ctl
