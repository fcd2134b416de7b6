// smtpd_log: what a line in the log of qmail-smtpd says of a client.
//
// A line is a message, mostly with a stamp in front:
//     @400000006b01362a0c3c6ebc MESSAGE              multilog (TAI64N)
//     2026-11-21 06:11:44.205287 MESSAGE             tai64nlocal: the host's wall clock
//     2026-11-21T06:11:44.205+01:00 host tag: MESSAGE   RFC 3339; UTC where no zone is given, as by svlogd
//     Nov 21 06:11:44 host tag[1]: MESSAGE           syslog (RFC 3164): the host's wall clock, no year; a
//     year in
//                                                    front, as by syslog-ng; `mail.info` or `<mail.info>`
//                                                    before or after the host, as by busybox and BSD
//     <22>1 2026-11-21T06:11:44Z host tag 1 - - MESSAGE  syslog (RFC 5424)
//     Sat 2026-11-21 06:11:44 UTC host tag[1]: MESSAGE   journalctl -o short-full; the host's zone unless it
//     is UTC 1795241504.205287 host tag[1]: MESSAGE         journalctl -o short-unix
// In front of that `name | ` may stand, as docker compose logs writes it.
// Messages that say something, as qmail-smtpd with the qlog and logging patches writes them; a program's name
// and a colon may stand in front of each:
//     qlogreceived: result=accepted code=250 … relay=no … authuser= … remoteip=192.0.2.1 … remotehost=…
//     qlogenvelope: result=… code=… …                the same of one recipient, before there is a message
//     GREETDELAY from 192.0.2.1: client disconnected
//     qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo unknown
//     qmail-smtpd: read failed: (null) from 192.0.2.1 to (null) helo unknown        before July 2019
//     CHKUSER accepted rcpt: from <…> remote <…:192.0.2.1> rcpt <…> : …             the chkuser patch
//     spamdyke[4711]: ALLOWED from: … to: … origin_ip: 192.0.2.1 …                  spamdyke
//     greylisting: outcome=… reason=… client=192.0.2.1 …
//     qmail-smtpd[4711]: auth: auth-failed type=login user=<…>
// Clients choose much of what is logged: HELO, sender, recipient and name. So a message counts only when its
// first words are as above, a key that is read stands in it once, and a line of a client that hung up is that
// to its last word.
//
// The name of a user is the one text of a client's that qmail-smtpd writes as it is, line ends included, so
// that whole lines can be the client's own: what a name has begun and not ended is told here, and
// smtpd_logs.h takes nothing from it. A failed AUTH is followed by a qlogenvelope of the same process, in
// which the name stands once more, with `_` for all that is not printable (with SMTPUTF8 as it is, so that
// the line has no end).
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
  recipient_let_in,  // chkuser or spamdyke has nothing against one of a stranger; what came of it is not said
  attempt,           // anything else that a client tried; the plugin's own lines are of this kind
  hung_up,           // the client went before it named a sender
};

struct SmtpdLine {
  Stamp stamp{};
  SmtpdEvent event = SmtpdEvent::other;
  std::optional<IpAddress> client{};       // there unless it is `other`
  std::string_view client_name{};          // its reverse name, where the line has one; a part of the line
  std::string_view process{};              // of qmail-smtpd, where the line says which; likewise, as the next
  std::string_view port{};                 // the client's
  std::string_view message{};              // without the stamp
  std::optional<std::string_view> user{};  // of AUTH, as it came; with its `>`, where the line has that
  std::optional<std::string_view> refused_user{};  // the same in the line that refuses AUTH
  bool is_cut = false;  // a line of qlog that has no end: what follows is not the server's
};

/// Reads a line, without its end. Whatever is not understood is `other`.
SmtpdLine read_smtpd_line(std::string_view line);

}  // namespace greylisting
