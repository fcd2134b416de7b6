// log_stamp: when a line of a log was written, by what stands in front of its message.
//
//     @400000006b01362a0c3c6ebc MESSAGE              multilog (TAI64N)
//     2026-11-21 06:11:44.205287 MESSAGE             tai64nlocal: the host's wall clock
//     2026-11-21T06:11:44.205+01:00 host tag: MESSAGE   RFC 3339; UTC where no zone is given, as by svlogd
//     Nov 21 06:11:44 host tag[1]: MESSAGE           syslog (RFC 3164): the host's wall clock, no year, or
//                                                    one in front, as by syslog-ng; `mail.info` before or
//                                                    after the host, or `<mail.info>`, as by busybox and BSD
//     <22>1 2026-11-21T06:11:44Z host tag 1 - - MESSAGE  syslog (RFC 5424)
//     Sat 2026-11-21 06:11:44 UTC host tag[1]: MESSAGE   journalctl -o short-full, in the host's zone
//     1795241504.205287 host tag[1]: MESSAGE         journalctl -o short-unix
//     Sat Nov 21 06:11:44 2026 mail.info tag[1]: MESSAGE   logread, the host's wall clock
//     Nov 21 06:11:44 [tag] MESSAGE                  metalog, the host's wall clock
// The host may be missing from those of syslog (RFC 3164), journalctl and logread, as with journalctl
// --no-hostname and busybox syslogd -S, but not from one of RFC 3339: svlogd's has no tag, so that the first
// word behind it is of the message. After the tag `[ID 748625 mail.info]` may stand, as by Solaris. In front
// of all that `name | ` may stand, as docker compose logs writes it, or `[pod/name/container] ` (kubectl logs
// --prefix); docker service logs -t has the former after a stamp of RFC 3339.
//
// `2026-11-21 06:11:44 host tag[1]: MESSAGE` is not read: Exim's own log and that of tai64nlocal have this
// stamp, and after it a client's words can look like host and tag.
#pragma once

#include <chrono>
#include <string_view>
#include <variant>

namespace greylisting {

/// A time as the host's wall clock shows it; it is one that exists.
struct WallClock {
  int year = 0;  // 0 where it is not said
  unsigned month = 1;
  unsigned day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;

  friend bool operator==(const WallClock&, const WallClock&) = default;
};

/// When a line was written; neither where it does not say.
using Stamp = std::variant<std::monostate, std::chrono::sys_seconds, WallClock>;

/// Who has written a line, as syslog says.
struct LogOrigin {
  /// The name that the program had for syslog, which no client of it can choose: `postfix/smtpd`; empty where
  /// there is none.
  std::string_view program{};
  /// Whether the text still begins with it, because there is no host: `qmail-smtpd[1]: ` may as well be what
  /// qmail-smtpd writes in front of its message itself. skip_tag takes it off.
  bool is_in_text = false;
};

/// Takes the stamp off, and with it host, program and priority as syslog has them.
Stamp take_stamp(std::string_view& text, LogOrigin& origin);

/// Takes the tag off, and what stands between it and the message.
void skip_tag(std::string_view& text);

}  // namespace greylisting
