// run_script: what the script that starts a supervised qmail-smtpd says (daemontools, runit, s6).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace greylisting::ctl {

struct RunScript {
  std::string file{};
  std::string user{};   // a name or number after -u, setuidgid, …; empty when it does not say
  std::string group{};  // likewise
  std::map<std::string, std::string>
      environment{};                      // what it sets: export, NAME=value before a command, envdir
  std::string rules{};                    // the cdb after tcpserver's -x or -X
  bool may_lack_rules = false;            // it is -X: without the file every client is served
  bool has_tcpserver = false;             // or sslserver
  bool has_front = false;                 // greylisting-front stands before qmail-smtpd
  std::map<int, std::uint64_t> limits{};  // that softlimit, chpst or ulimit sets, by resource (setrlimit(2))
  std::string limits_said{};              // how: `softlimit -m 2000000`
};

/// Reads the words of a script. Variables that are set in it are followed, so is `id -u NAME`.
RunScript parse_run_script(const std::string& file, const std::string& text);

/// That of the service that runs the qmail-smtpd of this home; of several the first that says as whom.
std::optional<RunScript> find_run_script();

}  // namespace greylisting::ctl
