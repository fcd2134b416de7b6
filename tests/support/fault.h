// fault: what every test of a fault asks of the plugin.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "installation.h"

namespace greylisting::test {

using Strings = std::vector<std::string>;

inline constexpr std::string_view kAnswer = "E451 temporary failure (#4.3.0)\n";
inline constexpr std::string_view kAnswerOnError =
    "E451 greylisting is out of order, please try again later (#4.3.0)\n";
inline const Strings kAsNobody{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};

inline constexpr const char* kAtOnce = "15000";  // the time budget where nothing should have to wait for it
inline constexpr const char* kWhenOver = "400";  // and where it is what ends the plugin

struct Surroundings {
  Strings before{};                   // a program that starts the plugin, as softlimit does
  std::string timeout = kAtOnce;      // milliseconds
  std::filesystem::path directory{};  // the working directory, when it is not qmail's home
};

/// The plugin under timeout(1), which turns one that hangs into one that fails: the exit status is 124.
Command guarded(const Installation& installation, const Rcpt& rcpt = {}, const Strings& before = {});

/// With on_error=accept and with defer: status 0, nothing or the one reply on standard output, and one line
/// on standard error that has every word of `said`.
void fails_safely(const Installation& installation, const Strings& said,
                  const Surroundings& surroundings = {});

/// The plugin defers, for this reason, and says so in one line.
void decides(const Installation& installation, std::string_view reason, const Strings& before = {});

}  // namespace greylisting::test
