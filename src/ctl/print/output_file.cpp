#include "ctl/print/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <stdexcept>
#include <system_error>

namespace greylisting::ctl {
namespace {

std::string_view remedy_for(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "make its directory, or name another";
    case ENOSPC:
    case EDQUOT:
      return "make room on its disk";
    case EFBIG:
      return "see the limit on the size of files: ulimit -f";
    default:
      return "see that its directory can be written, or name another";
  }
}

[[noreturn]] void fail(const std::string& file, const std::string& what, int error) {
  throw std::runtime_error(file + ": " + what + " (" + std::generic_category().message(error) +
                           "), and nothing was changed there; " + std::string(remedy_for(error)));
}

// A file that is removed again unless it was put in its place.
class NewFile {
 public:
  // `file` is what it is to replace, and what a person has named.
  NewFile(const std::string& file, mode_t mode)
      : file_(file),
        name_(file + ".new-" + std::to_string(getpid())),
        descriptor_(open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)) {
    if (descriptor_ < 0) fail(file_, "cannot be written", errno);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() {
    close(descriptor_);
    if (!name_.empty()) unlink(name_.c_str());
  }

  void take_after(const struct stat& other) const {
    if (fchown(descriptor_, other.st_uid, other.st_gid) != 0 ||
        fchmod(descriptor_, other.st_mode & 07777U) != 0)
      fail(file_, "cannot be replaced by one of the same owner and mode", errno);
  }

  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t size = ::write(descriptor_, text.data(), text.size());
      if (size < 0) fail(file_, "cannot be written", errno);
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    if (fsync(descriptor_) != 0) fail(file_, "cannot be written", errno);
  }

  void replace() {
    if (std::rename(name_.c_str(), file_.c_str()) != 0) fail(file_, "cannot be replaced", errno);
    name_.clear();
  }

 private:
  std::string file_;
  std::string name_;
  int descriptor_;
};

}  // namespace

void write_whole_file(const std::string& file, std::string_view text) {
  if (file == kStandardOutput) {
    std::cout << text;
    return;
  }
  struct stat status = {};
  const bool is_there = lstat(file.c_str(), &status) == 0;
  if (is_there && !S_ISREG(status.st_mode)) {
    throw std::runtime_error(file + ": is " +
                             (S_ISLNK(status.st_mode) ? "a symbolic link" : "not a regular file") +
                             ", which is not replaced; name the file itself, or - for standard output");
  }
  NewFile written(file, 0666);
  if (is_there) written.take_after(status);
  written.write(text);
  written.replace();
}

}  // namespace greylisting::ctl
