// fault: what every test of a fault asks of the plugin.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "another_user.h"
#include "installation.h"

namespace greylisting::test {

using Strings = std::vector<std::string>;

inline constexpr std::string_view kAnswer = "E451 temporary failure (#4.3.0)\n";
inline constexpr std::string_view kAnswerOnError =
    "E451 greylisting is out of order, please try again later (#4.3.0)\n";

inline constexpr const char* kAtOnce = "15000";  // the time budget where nothing should have to wait for it
inline constexpr const char* kWhenOver = "400";  // and where it is what ends the plugin

struct Surroundings {
  Strings before{};                   // a program that starts the plugin, as softlimit does
  std::string timeout = kAtOnce;      // milliseconds
  std::filesystem::path directory{};  // the working directory, when it is not qmail's home
};

/// A file system of so many KiB, on a directory that is made when it is not there.
class SmallDisk {
 public:
  SmallDisk(std::filesystem::path directory, int kibibytes);
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk();

  /// Only root can, and not in every container.
  bool is_mounted() const { return is_mounted_; }

  void fill() const;
  void make_room() const;

 private:
  std::filesystem::path directory_;
  bool is_mounted_ = false;
};

/// The plugin under timeout(1), which turns one that hangs into one that fails: the exit status is 124.
Command guarded(const Installation& installation, const Rcpt& rcpt = {}, const Strings& before = {});

/// With on_error=accept and with defer: status 0, nothing or the one reply on standard output, one line on
/// standard error that has every word of `said`, and with the long budget no more than 100 ms after it.
void fails_safely(const Installation& installation, const Strings& said,
                  const Surroundings& surroundings = {});

/// With on_error=defer the plugin ends with the answer on error no later than 100 ms after its time budget,
/// kWhenOver. A busy host may hold it up, or sanitizers: one attempt of twenty is enough.
void ends_in_time(const Installation& installation);

/// Of each record, a line each.
std::string blocked_count(const Installation& installation);

/// The plugin defers, for this reason, and says so in one line.
void decides(const Installation& installation, std::string_view reason, const Strings& before = {});

}  // namespace greylisting::test
