// exim_log: what a line of Exim's main log says of a client, and of mail that goes out.
//     1vMabc-00000001kXY-2QwE <= alice@example.net H=mail.example.net (helo) [192.0.2.1] P=esmtps S=…
//     1vMabc-00000001kXY-2QwE <= bob@example.org U=bob P=local S=…      of this host's own users
//     1vMabc-00000001kXY-2QwE => alice@example.net R=dnslookup T=…      to whom it has gone
//     1vMabc-00000001kXY-2QwE Completed
//     H=mail.example.net (helo) [192.0.2.1] F=<…> temporarily rejected RCPT <…>: …
//     no MAIL in SMTP connection from (helo) [192.0.2.1] D=0.2s C=EHLO,QUIT
// A sender may hold blanks between quotes, and so may a HELO where the host takes any: a line in which the
// words that count stand twice is not understood.
#pragma once

#include <string_view>

#include "ctl/logs/log_line.h"

namespace greylisting {

/// Whether a line begins as Exim writes its log itself: `2026-11-21 06:11:44 `, or with milliseconds. What
/// tai64nlocal writes has nine digits of a second.
bool has_exims_stamp(std::string_view line);

/// `message` without its stamp and without the program's name.
void read_exim(std::string_view message, LogLine& line);

}  // namespace greylisting
