#include "ctl/check/files.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

#include "ctl/check/closed.h"
#include "ctl/check/report.h"
#include "process/state_directory.h"
#include "store/sqlite_database.h"
#include "text/shell_word.h"

namespace greylisting::ctl {
namespace {

namespace fs = std::filesystem;

// Those that SQLite keeps beside it, too.
std::array<std::string, 4> database_files(const std::string& file) {
  return {file, file + "-wal", file + "-shm", file + "-journal"};
}

class Files {
 public:
  Files(const SmtpdUser& user, std::vector<Finding>& findings) : user_(user), findings_(findings) {}

  // One that is read. What is secret is given to the user, what is not is opened to all. A file that is not
  // there is said by whoever wants it.
  void readable(const std::string& file, bool is_secret,
                const std::string& consequence = "so nothing is greylisted") {
    if (file.empty() || !exists(file) || has(file, R_OK) || is_behind_closed_directory(file)) return;
    add(file + " cannot be read by " + user_.name + ", " + consequence,
        is_secret ? chown(file) + " && chmod 600 " + absolute(file) : "chmod 644 " + absolute(file));
  }

  // The directory of the SQLite file, in which others come and go beside it.
  void database(const std::string& named) {
    const std::string file = led_to(named);
    const std::string directory = directory_of(file);
    if (is_behind_closed_directory(directory_of(named)) || is_behind_closed_directory(directory)) return;
    if (std::error_code error; fs::is_other(file, error)) {
      add(named + " is no regular file, so nothing is greylisted",
          "set sqlite_file=greylisting/greylisting.db where it is set");
      return;
    }
    struct stat status = {};
    if (stat(directory.c_str(), &status) != 0) {
      add("the directory " + directory + " is not there, so nothing is greylisted",
          "install -d -o " + user_.login + " -m 700 " + absolute(directory));
      return;
    }
    if (!S_ISDIR(status.st_mode)) {
      add(directory + " is no directory, so nothing is greylisted",
          move_away(directory) + " && install -d -o " + user_.login + " -m 700 " + absolute(directory));
      return;
    }
    if (const std::string mount = mount_of(directory, ST_RDONLY); !mount.empty()) {
      add("the directory " + directory +
              " is on a file system that is mounted read-only, so nothing is greylisted",
          "mount -o remount,rw " + shell_word(mount));
      return;
    }
    if (struct stat of_link = {}; file != named && stat(directory_of(named).c_str(), &of_link) == 0 &&
                                  (of_link.st_mode & S_IWOTH) != 0) {
      add("everybody can write to the directory " + directory_of(named) + ", so nothing is greylisted",
          "set sqlite_file=" + file + " where it is set, without the link in that directory");
    } else if ((status.st_mode & S_IWOTH) != 0) {
      add("everybody can write to the directory " + directory + ", so nothing is greylisted",
          make_private(directory, file));
    } else if (!has(directory, R_OK | W_OK | X_OK)) {
      add("the directory " + directory + " cannot be written by " + user_.name + ", so nothing is greylisted",
          make_private(directory, file));
    }
    if (!has(directory, X_OK)) return;
    std::string closed;
    for (const std::string& name : database_files(file)) {
      if (fs::is_directory(name)) {
        add(name + " is a directory, where SQLite keeps a file, so nothing is greylisted", move_away(name));
        return;
      }
      if (exists(name) && !has(name, R_OK | W_OK)) closed += (closed.empty() ? "" : " ") + absolute(name);
    }
    if (!closed.empty()) {
      add(file + " cannot be written by " + user_.name + ", so nothing is greylisted",
          "chown " + user_.owner() + ' ' + closed + " && chmod 600 " + closed);
    }
  }

  // Where hours are counted for greylistctl status, and outages remembered.
  void state() {
    const std::string directory(kStateDirectory);
    struct stat status = {};
    if (stat(directory.c_str(), &status) != 0) return;
    const bool is_safe =
        (status.st_mode & S_IWOTH) == 0 && (status.st_uid == user_.uid || status.st_uid == 0);
    if (is_safe && has(directory, W_OK | X_OK)) return;
    findings_.push_back(warning("the directory " + directory + " is not " + user_.name +
                                    "'s alone, so nothing is counted for greylistctl status",
                                chown(directory) + " && chmod 700 " + absolute(directory)));
  }

 private:
  // Of the kernel, as the user; what root can see counts for existence.
  bool has(const std::string& file, int mode) const { return may_access(user_, file, mode); }

  static std::string directory_of(const std::string& file) {
    const std::string parent = fs::path(file).parent_path();
    return parent.empty() ? fs::current_path().string() : parent;
  }

  static bool exists(const std::string& file) { return access(file.c_str(), F_OK) == 0; }

  // Whether there is anything in the directory that is neither the database's nor the plugin's.
  static bool is_shared(const std::string& directory, const std::string& file) {
    std::error_code error;
    if (fs::equivalent(directory, kStateDirectory, error)) return false;
    const std::string name = fs::path(file).filename();
    if (name.empty()) return true;
    const fs::directory_iterator files(directory, error);
    return std::ranges::any_of(files, [&name](const fs::directory_entry& other) {
      return !other.path().filename().string().starts_with(name);
    });
  }

  // A directory that others need, as qmail's home or /tmp, cannot be taken from them: the file moves.
  std::string make_private(const std::string& directory, const std::string& file) const {
    if (!is_shared(directory, file)) return chown(directory) + " && chmod 700 " + absolute(directory);
    const fs::path own(kStateDirectory);
    std::string remedy = "set sqlite_file=" + (own / fs::path(file).filename()).string() +
                         " in control/greylisting, since others need that directory, and: install -d -o " +
                         user_.login + " -m 700 " + absolute(own);
    std::string moved;
    for (const std::string& name : database_files(file)) {
      if (fs::is_regular_file(name)) moved += absolute(name) + ' ';
    }
    if (!moved.empty())
      remedy += " && chown " + user_.owner() + ' ' + moved + "&& mv " + moved + absolute(own);
    return remedy;
  }

  bool is_behind_closed_directory(const std::string& file) {
    const std::string directory = closed_directory(user_, file);
    if (directory.empty()) return false;
    add(directory + " is closed to " + user_.name + ", so nothing is greylisted",
        "chmod a+x " + shell_word(directory));
    return true;
  }

  void add(const std::string& text, const std::string& remedy) {
    for (const Finding& finding : findings_) {
      if (finding.text == text) return;
    }
    findings_.push_back(problem(text, remedy));
  }

  static std::string absolute(const std::string& file) {
    return shell_word(fs::absolute(file).lexically_normal().string());
  }

  static std::string move_away(const std::string& file) {
    return "mv " + absolute(file) + ' ' + absolute(file + ".old");
  }

  std::string chown(const std::string& file) const { return "chown " + user_.owner() + ' ' + absolute(file); }

  const SmtpdUser& user_;
  std::vector<Finding>& findings_;
};

}  // namespace

std::vector<Finding> examine_files_of(const SmtpdUser& user, const LoadedSettings& loaded) {
  std::vector<Finding> findings;
  if (!user.is_within_reach()) return findings;
  const Settings& settings = loaded.settings;
  Files files(user, findings);
  files.readable(loaded.file, false);
  if (settings.greylist != Greylist::all)
    files.readable(settings.suspicious_rules, false, "so none of its rules counts");
  if (settings.privacy == Privacy::hash) files.readable(settings.privacy_key_file, true);
  if (settings.store_kind() == StoreKind::mysql) {
    files.readable(settings.mysql_default_file, true);
    files.state();
  } else {
    files.database(settings.sqlite_file);
  }
  // Given to root, it would be closed to who needs it.
  if (user.is_guess && user.uid == 0) {
    for (Finding& finding : findings)
      finding.remedy =
          "name the user that needs it, and read what to do: greylistctl check --user SMTPD_USER";
  }
  return findings;
}

}  // namespace greylisting::ctl
