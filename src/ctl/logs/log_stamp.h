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
// In front of that `name | ` may stand, as docker compose logs writes it.
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

/// Takes the stamp off, and with it host, program and priority as syslog has them. `program` becomes the name
/// that the program had for syslog, which no client of it can choose: `postfix/smtpd`; empty where there is
/// none.
Stamp take_stamp(std::string_view& text, std::string_view& program);

}  // namespace greylisting
