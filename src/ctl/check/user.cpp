#include "ctl/check/user.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "ctl/commands.h"
#include "process/state_directory.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

// Where NAME is a name or a number.
std::optional<SmtpdUser> user_of(const std::string& name, const std::string& how) {
  const auto number = number_of<uid_t>(name);
  const passwd* const entry = number ? getpwuid(*number) : getpwnam(name.c_str());
  if (entry == nullptr && !number) return std::nullopt;
  if (entry == nullptr) return SmtpdUser{*number, static_cast<gid_t>(*number), "uid " + name, name, how};
  const std::string login = entry->pw_name;
  return SmtpdUser{entry->pw_uid, entry->pw_gid, login + " (uid " + std::to_string(entry->pw_uid) + ')',
                   login, how};
}

std::optional<SmtpdUser> owner_of(const std::string& file) {
  struct stat status = {};
  if (file.empty() || stat(file.c_str(), &status) != 0) return std::nullopt;
  auto user = user_of(std::to_string(status.st_uid), "owner of " + file);
  if (user && user->name.starts_with("uid ")) user->gid = status.st_gid;
  return user;
}

std::optional<SmtpdUser> user_of(const RunScript& script) {
  auto user = user_of(script.user, "as " + script.file + " says");
  if (user && script.keeps_group) user->gid = 0;  // root's, who starts services
  if (!user || script.group.empty()) return user;
  if (const auto number = number_of<gid_t>(script.group)) {
    user->gid = *number;
  } else if (const group* const entry = getgrnam(script.group.c_str())) {
    user->gid = entry->gr_gid;
  }
  return user;
}

// Why the script does not say as whom.
std::string doubt_about(const RunScript& script) {
  if (!script.user.empty()) return script.file + " names the user " + script.user + ", whom there is not";
  if (script.unread_user.empty()) return "";
  return script.file + " says " + in_quotes(script.unread_user) + ", which cannot be told without running it";
}

// Where no script says it.
SmtpdUser other_user(const Settings& settings) {
  const std::string directory(kStateDirectory);
  const bool is_mysql = settings.store_kind() == StoreKind::mysql;
  const std::string of_store =
      is_mysql ? settings.mysql_default_file : fs::path(settings.sqlite_file).parent_path().string();
  for (const std::string& file : {of_store, directory}) {
    if (const auto owner = owner_of(file); owner && owner->uid != 0) return *owner;
  }
  for (const char* const account : {"vpopmail", "qmaild"}) {
    if (const auto user = user_of(account, "an account that qmail runs under")) return *user;
  }
  SmtpdUser user = owner_of(directory).value_or(this_user());
  user.is_guess = true;
  return user;
}

}  // namespace

std::string SmtpdUser::owner() const {
  return login + ':' + (login == std::to_string(uid) ? std::to_string(gid) : "");
}

SmtpdUser this_user() { return user_of(std::to_string(geteuid()), "who runs this").value_or(SmtpdUser{}); }

bool SmtpdUser::is_within_reach() const { return getuid() == 0 || geteuid() == uid; }

SmtpdUser find_user(const std::string& asked, const std::optional<RunScript>& script,
                    const Settings& settings) {
  if (!asked.empty()) {
    if (const auto user = user_of(asked, "as --user says")) return *user;
    throw UsageError("there is no user " + asked +
                     "; name the one that the plugin or the policy service runs as");
  }
  if (script && !script->user.empty()) {
    if (const auto user = user_of(*script)) return *user;
  }
  SmtpdUser user = other_user(settings);
  if (script) user.doubt = doubt_about(*script);
  return user;
}

ActingAs::ActingAs(const SmtpdUser& user) {
  if (geteuid() != 0 || user.uid == 0) return;
  groups_.resize(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
  groups_.resize(
      static_cast<std::size_t>(std::max(getgroups(static_cast<int>(groups_.size()), groups_.data()), 0)));
  if (setgroups(1, &user.gid) != 0 || setegid(user.gid) != 0 || seteuid(user.uid) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot act as " + user.name);
  acts_ = true;
}

ActingAs::~ActingAs() {
  // Root again, which nothing can refuse.
  if (acts_ && (seteuid(0) != 0 || setegid(0) != 0 || setgroups(groups_.size(), groups_.data()) != 0))
    std::terminate();
}

bool may_access(const SmtpdUser& user, const std::string& file, int mode) {
  int error = 0;
  {
    const ActingAs other(user);
    // eaccess(3) would reckon by itself, with the mode alone.
    error = faccessat(AT_FDCWD, file.c_str(), mode, AT_EACCESS) == 0 ? 0 : errno;
  }
  errno = error;
  return error == 0;
}

}  // namespace greylisting::ctl
