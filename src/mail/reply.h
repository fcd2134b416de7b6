// reply: the text of an SMTP reply (RFC 5321, section 4.2) that refuses a recipient.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace greylisting {

/// A reply line holds 512 octets with its CR LF (RFC 5321, section 4.5.3.1.5).
inline constexpr std::size_t kMaxReply = 510;

/// Whether `text` is one reply line of the class `first` ('4' or '5'): three digits, a blank, printable
/// ASCII, at most kMaxReply octets.
bool is_reply(std::string_view text, char first);

/// Why a client is not likely to try again after this deferral as it should, and what to write; empty where
/// it is: after 450 and 451 without an enhanced status code (RFC 3463) of another class. Empty, too, for what
/// is no deferral.
std::string doubt_about_deferral(std::string_view text);

/// `text` with %s replaced by the seconds left, %r by the recipient's domain (`-` for none), %% by a percent
/// sign. Bytes of the domain are shown as by `printable`; what would be too long is cut at kMaxReply octets.
std::string expand_reply(std::string_view text, std::chrono::seconds left, std::string_view recipient_domain);

}  // namespace greylisting
