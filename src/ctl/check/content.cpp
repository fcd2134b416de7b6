#include "ctl/check/content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace greylisting::ctl {

std::optional<std::string> content_of(const std::string& file) {
  // As the host opens it: without waiting for a FIFO.
  const int descriptor = open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  struct stat status = {};
  if (fstat(descriptor, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
    close(descriptor);
    errno = kNoRegularFile;
    return std::nullopt;
  }
  std::string content;
  std::array<char, 65536> piece{};
  ssize_t size = 0;
  while ((size = ::read(descriptor, piece.data(), piece.size())) > 0)
    content.append(piece.data(), static_cast<std::size_t>(size));
  const int error = errno;
  close(descriptor);
  errno = error;
  return size == 0 ? std::optional(content) : std::nullopt;
}

std::optional<std::string> content_as(const SmtpdUser& user, const std::string& file) {
  std::optional<std::string> content;
  int error = 0;
  {
    const ActingAs other(user);
    content = content_of(file);
    error = errno;
  }
  errno = error;
  return content;
}

}  // namespace greylisting::ctl
