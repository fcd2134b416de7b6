// state_directory: where the plugin keeps what it remembers between two mails, in qmail's home.
#pragma once

#include <string>
#include <string_view>

namespace greylisting {

/// Relative to qmail's home; owned by the user that qmail-smtpd runs as.
inline constexpr std::string_view kStateDirectory = "greylisting";

/// Whether nobody else can have put anything there: it is there, belongs to this process's user or root (root
/// may use anybody's), and not everybody can write to it.
bool is_private(const std::string& directory);

}  // namespace greylisting
