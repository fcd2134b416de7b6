#include "settings/control_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "process/process.h"

namespace greylisting {

ControlFileText read_control_file(const std::string& name, std::size_t most) {
  // O_NONBLOCK: a FIFO in the file's place must not be waited for.
  const int file = open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    if (errno == ENOENT) return {"", "does not exist", true};
    return {"", "cannot be read (" + std::generic_category().message(errno) + ')'};
  }
  ControlFileText content;
  struct stat status = {};
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    content.why = "is not a regular file";
  } else if ((status.st_mode & S_IWOTH) != 0) {
    content.why = "can be written by everybody";
  } else if (status.st_size > static_cast<off_t>(most)) {
    content.why = "is larger than " + std::to_string(most) + " bytes";
  } else {
    content.text.resize(static_cast<std::size_t>(status.st_size));
    const ssize_t size = read(file, content.text.data(), content.text.size());
    if (size < 0) content.why = "cannot be read (" + std::generic_category().message(errno) + ')';
    content.text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  }
  close(file);
  return content;
}

std::string problem_with(const std::string& name, const ControlFileText& content,
                         std::string_view consequence) {
  return std::string(name)
      .append(": ")
      .append(content.why)
      .append(", so ")
      .append(consequence)
      .append("; give ")
      .append(effective_user())
      .append(", as whom this runs, a regular file that it can read and not everybody can write");
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

std::string own_name() {
  const std::string text = read_control_file("control/me").text;
  return text.substr(0, text.find_first_of(" \t\r\n"));
}

}  // namespace greylisting
