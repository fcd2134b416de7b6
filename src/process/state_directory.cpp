#include "process/state_directory.h"

#include <sys/stat.h>
#include <unistd.h>

namespace greylisting {

bool is_private(const std::string& directory) {
  struct stat status = {};
  return stat(directory.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) == 0 &&
         (status.st_uid == geteuid() || status.st_uid == 0 || geteuid() == 0);
}

}  // namespace greylisting
