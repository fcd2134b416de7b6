#include "process/process.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

namespace greylisting {

void open_standard_streams() {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    // open gives the lowest free number, which is this one.
    if (fcntl(stream, F_GETFD) < 0) open("/dev/null", O_RDWR);
  }
}

bool keep_log_out_of_answers() {
  struct stat answers = {};
  struct stat log = {};
  if (fstat(STDOUT_FILENO, &answers) != 0 || fstat(STDERR_FILENO, &log) != 0) return false;
  if (!S_ISSOCK(log.st_mode) || log.st_dev != answers.st_dev || log.st_ino != answers.st_ino) return false;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "/dev/log"};
  int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 ||
      connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (descriptor >= 0) close(descriptor);
    descriptor = open("/dev/null", O_WRONLY | O_CLOEXEC);
  }
  if (descriptor >= 0) {
    dup2(descriptor, STDERR_FILENO);
    close(descriptor);
  }
  return true;
}

void ignore_write_signals() {
  for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_IGN));
}

void ignore_ended_children() { static_cast<void>(std::signal(SIGCHLD, SIG_IGN)); }

std::string effective_user() {
  const uid_t uid = geteuid();
  std::string number = "uid " + std::to_string(uid);
  // Read directly: the name service may want a network, and this is called when something is broken already.
  const std::unique_ptr<FILE, int (*)(FILE*)> users(std::fopen("/etc/passwd", "re"), std::fclose);
  if (!users) return number;
  while (const passwd* const entry = fgetpwent(users.get())) {
    if (entry->pw_uid == uid) return std::string(entry->pw_name) + " (" + number + ')';
  }
  return number;
}

void become_owner_of(const std::string& file) {
  if (geteuid() != 0) return;
  const std::string directory = std::filesystem::absolute(file).parent_path().string();
  struct stat status = {};
  if (stat(file.c_str(), &status) != 0 && stat(directory.c_str(), &status) != 0) return;
  if (status.st_uid == 0) return;
  if (setgroups(1, &status.st_gid) != 0 || setegid(status.st_gid) != 0 || seteuid(status.st_uid) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot act as the owner of " + file);
  }
}

}  // namespace greylisting
