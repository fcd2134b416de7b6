// settings: control/greylisting and the GL… variables, validated into one struct.
//
// Every setting exists once, in a table (table.h), with its key, variable, bounds, unit and meaning; its
// default is in the struct. The variable that wins over the key `block_expire` is GLBLOCKEXPIRE, and so for
// each.
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/triplet.h"
#include "process/environment.h"

namespace greylisting {

enum class StoreKind { by_default, mysql, sqlite };
enum class OnError { accept, defer };
enum class Greylist { all, suspicious, unvouched };
enum class Spf { automatic, host, check };
enum class NullSender { greylist, accept };
enum class RemoteHost { never, paranoid };
enum class Privacy { off, hash };
enum class Header { off, x_greylist, authentication_results };
enum class Stage { rcpt, data };

struct Settings {
  std::string mysql_default_file;
  std::string mysql_admin_file;
  std::chrono::minutes block_expire{5};
  std::chrono::minutes record_expire{2880};
  std::chrono::days record_expire_good{36};
  long loglevel = 3;
  bool explicit_only = false;
  StoreKind store = StoreKind::by_default;
  std::string sqlite_file = "greylisting/greylisting.db";
  std::chrono::milliseconds timeout{2000};
  OnError on_error = OnError::accept;
  long max_pending_per_client = 5000;
  long ipv4_prefix = 24;
  long ipv6_prefix = 64;
  Match match = Match::triplet;
  bool match_helo = false;
  Spf spf = Spf::automatic;
  std::string dns_server;
  RemoteHost trust_remote_host = RemoteHost::never;
  std::string allow_lists;
  Greylist greylist = Greylist::all;
  std::string suspicious_rules = "control/greylisting_suspicious";
  NullSender null_sender = NullSender::greylist;
  long auto_allow_after = 5;
  std::chrono::days auto_allow_expire{36};
  long group_domain_level = 0;
  std::chrono::days answers{30};
  std::chrono::hours trap_expire{24};
  bool low_priority_mx = false;
  long max_recipients = 0;
  Privacy privacy = Privacy::off;
  std::string privacy_key_file = "control/greylisting_key";
  std::chrono::days history_expire{90};
  bool observe = false;
  Stage stage = Stage::rcpt;
  Header header = Header::x_greylist;
  std::string defer_message = "451 temporary failure (#4.3.0)";
  std::string reject_message = "553 sorry, your envelope sender has been denied (#5.7.1)";

  // What other control files say, read where a setting asks for it.
  std::string privacy_key;  // of privacy_key_file; empty with privacy=off
  std::string own_name;     // of control/me, with greylist=suspicious; may be empty

  /// `store`, or what it is by default: mysql where mysql_default_file is given, otherwise sqlite.
  StoreKind store_kind() const;

  /// The option file of greylistctl: mysql_admin_file, or the plugin's where none is given.
  const std::string& admin_option_file() const {
    return mysql_admin_file.empty() ? mysql_default_file : mysql_admin_file;
  }

  /// The name and value of every setting as a control file would have it, in the table's order.
  std::vector<std::pair<std::string, std::string>> rows() const;
};

/// Something in a control file or variable that is not as it should be, for a person to read:
/// `control/greylisting:3: block_expire: "abc" is not a whole number of minutes from 0 to 525600; using 5`.
using Problem = std::string;

inline constexpr std::size_t kSettingCount = 38;

/// Where a setting has its value from.
struct Origin {
  enum class Kind { by_default, file, variable, block_expire };  // the last: it had to be longer than that
  Kind kind = Kind::by_default;
  unsigned line = 0;  // of the file
};

struct LoadedSettings {
  Settings settings;
  std::vector<Problem> problems;                // what was not used as it was written
  std::vector<Problem> warnings;                // what is used and had better be otherwise
  std::array<Origin, kSettingCount> origins{};  // of each setting, in the table's order
  std::string file;  // the control file's name: GLCONFIGFILE, or control/greylisting
  std::string
      unusable;  // why there is a control file that cannot be used at all, and the remedy; empty when it can
};

/// Reads the control file, then the variables, which win. Never fails: a value that cannot be used leaves the
/// one it would have replaced and makes a problem. A control file that does not exist is no problem; when
/// there is one that cannot be read, nobody knows what was wanted, and it is `unusable`. Never waits for a
/// FIFO or a device.
LoadedSettings load_settings(const Environment& environment);

/// The same for the text of a control file called `file`.
LoadedSettings parse_settings(const std::string& file, std::string_view text, const Environment& environment);

}  // namespace greylisting
