#include "settings/home.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace greylisting {
namespace {

constexpr const char* kQmailHome = "/var/qmail";
constexpr const char* kOwnHome = "/var/lib/greylisting";

bool has_control(const std::string& directory) { return access((directory + "/control").c_str(), F_OK) == 0; }

}  // namespace

std::string default_home(const std::string& root) {
  const char* const named = std::getenv("QMAILDIR");
  if (named != nullptr && *named != '\0') return named;
  const bool is_own = !has_control(root + kQmailHome) && has_control(root + kOwnHome);
  return root + (is_own ? kOwnHome : kQmailHome);
}

void go_home(const std::string& directory) {
  if (chdir(directory.c_str()) == 0) return;
  throw std::runtime_error("cannot go to the home directory " + directory + ": " + std::strerror(errno) +
                           "; name the one that has control/greylisting in it with --home or QMAILDIR");
}

}  // namespace greylisting
