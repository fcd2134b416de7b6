// run_script: what the script that starts a supervised qmail-smtpd says (daemontools, runit, s6).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace greylisting::ctl {

/// Where services find programs, as svscanboot has it.
inline constexpr const char* kServicePath =
    "/command:/usr/local/bin:/usr/local/sbin:/bin:/sbin:/usr/bin:/usr/sbin";

/// What is done to one variable.
struct VariableChange {
  std::string name{};  // empty for all there are
  std::optional<std::string> value{};
};

struct RunScript {
  using Environment = std::map<std::string, std::string>;

  std::string file{};
  std::string user{};         // a name or number after -u, setuidgid, …; empty when it does not say
  std::string unread_user{};  // likewise, as it is written: `tcpserver -u $UID`, which cannot be told
  std::string group{};        // likewise
  bool keeps_group = false;   // the user is given without a group, and what starts the script has one
  Environment environment{};  // what it sets: export, NAME=value before a command, envdir
  std::vector<VariableChange> after_rules{};  // by what tcpserver starts
  std::string rules{};                        // the cdb after tcpserver's -x
  std::string unread_rules{};                 // likewise, as it is written, where it cannot be told
  bool may_lack_rules = false;                // with -X every client is served where that is not there
  bool has_tcpserver = false;                 // or sslserver
  bool is_submission = false;                 // on a port for clients of one's own (RFC 8314)
  bool has_smtpd = false;                     // a command names it
  bool has_front = false;                     // greylisting-front stands before qmail-smtpd
  std::map<int, std::uint64_t> limits{};  // that softlimit, chpst or ulimit sets, by resource (setrlimit(2))
  std::string limits_said{};              // how: `softlimit -m 2000000`
  // Where what is done to a variable, or under an empty name to qmail-smtpd, cannot be told: `run:7`. What is
  // missing is then taken to be set, and nothing else is changed.
  std::map<std::string, std::string> doubts{};

  /// What qmail-smtpd has, where tcpserver's rule sets these.
  Environment environment_with(const std::vector<std::pair<std::string, std::string>>& of_rule) const;
};

/// What takes the plugin's work away from it: NOSPP, RELAYCLIENT.
bool stops_plugin(const std::string& variable);

/// Reads the words of a script, and of those that it reads in (`.`), as shell_words.h has them, up to the
/// first `exec` or `exit` that comes in any case.
RunScript parse_run_script(const std::string& file, const std::string& text);

/// Those of the services that run the qmail-smtpd of this home: of its own directory supervise, and of those
/// for all services where they name it. A service whose name begins with a dot is none; where some of a
/// directory's are linked to from where services run, its others are none.
std::vector<RunScript> find_run_scripts();

/// The first that says as whom, or the first.
std::optional<RunScript> find_run_script();

}  // namespace greylisting::ctl
