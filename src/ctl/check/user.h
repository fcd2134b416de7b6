// user: as whom qmail-smtpd runs, how that is known, and what that user may do.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "ctl/check/run_script.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct SmtpdUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;       // `vpopmail (uid 89)`
  std::string login;      // `vpopmail`, or the number of one without a name
  std::string how;        // how it is known: `--user says`, `-u in FILE`, `owner of FILE`
  bool is_guess = false;  // nothing says so
  std::string doubt{};    // why it is not the one that a run script names; empty where it is

  /// For chown, which takes no number of a user without a name for its group.
  std::string owner() const;

  /// Whether this process can act as that user.
  bool is_within_reach() const;
};

/// In this order: `asked` (--user: a name or a number), the run script, the owner of the option file, of the
/// state directory, of the SQLite file's directory; root owns nothing for the plugin, so it is left out; the
/// accounts that qmail comes with; as a guess, whoever owns the state directory, or runs this. Throws
/// UsageError when there is no user `asked`.
SmtpdUser find_user(const std::string& asked, const std::optional<RunScript>& script,
                    const Settings& settings);

/// Whoever runs this process.
SmtpdUser this_user();

/// For as long as it lives, root acts as that user in all that concerns files. Does nothing for others.
class ActingAs {
 public:
  explicit ActingAs(const SmtpdUser& user);
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs();

 private:
  bool acts_ = false;
  std::vector<gid_t> groups_;
};

/// Whether the kernel lets that user have `file` so (F_OK, R_OK, W_OK, X_OK), by mode, access control list
/// and mount; else errno says why. Without reach it is this user who is asked about.
bool may_access(const SmtpdUser& user, const std::string& file, int mode);

}  // namespace greylisting::ctl
