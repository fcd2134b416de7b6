// smtpd_log: what a line in the log of qmail-smtpd says of a client.
//
// A line is a message, mostly with a stamp in front:
//     @400000006b01362a0c3c6ebc MESSAGE              multilog (TAI64N)
//     2026-11-21 06:11:44.205287 MESSAGE             tai64nlocal: the host's wall clock
//     2026-11-21T06:11:44.205+01:00 host tag: MESSAGE   RFC 3339; UTC where no zone is given, as by svlogd
//     Nov 21 06:11:44 host tag[1]: MESSAGE           syslog (RFC 3164): the host's wall clock, no year
// Messages that say something, as qmail-smtpd with the qlog and logging patches writes them; a program's name
// and a colon may stand in front of each:
//     qlogreceived: result=accepted code=250 … relay=no … authuser= … remoteip=192.0.2.1 … remotehost=…
//     qlogenvelope: result=… code=… …                the same of one recipient, before there is a message
//     GREETDELAY from 192.0.2.1: client disconnected
//     qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo unknown
//     greylisting: outcome=… reason=… client=192.0.2.1 …
// Clients choose much of what is logged: HELO, sender, recipient and name. So a message counts only when its
// first words are as above, a key that is read stands in it once, and a line of a client that hung up is that
// to its last word.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "mail/network.h"

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

enum class SmtpdEvent {
  other,               // nothing of a client
  message_accepted,    // a message is in the queue: code 250 at its end
  message,             // one that was refused, or was of a client that may relay or has authenticated
  recipient_accepted,  // code 250 to RCPT
  attempt,             // anything else that a client tried; the plugin's own lines are of this kind
  hung_up,             // the client went before it named a sender
};

struct SmtpdLine {
  Stamp stamp{};
  SmtpdEvent event = SmtpdEvent::other;
  std::optional<IpAddress> client{};  // there unless it is `other`
  std::string_view client_name{};     // its reverse name, where the line has one; a part of the line
};

/// Reads a line, without its end. Whatever is not understood is `other`.
SmtpdLine read_smtpd_line(std::string_view line);

}  // namespace greylisting
