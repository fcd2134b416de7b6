// qmail_log: what a line of qmail-smtpd says of a client, as qmail-smtpd with the qlog and logging patches
// writes them; a program's name and a colon may stand in front of each:
//     qlogreceived: result=accepted code=250 … relay=no … authuser= … remoteip=192.0.2.1 … remotehost=…
//     qlogenvelope: result=… code=… …                the same of one recipient, before there is a message
//     GREETDELAY from 192.0.2.1: client disconnected
//     qmail-smtpd: read failed (hang up before quit cmd): (null) from 192.0.2.1 to (null) helo unknown
//     qmail-smtpd: read failed: (null) from 192.0.2.1 to (null) helo unknown        before July 2019
//     CHKUSER accepted rcpt: from <…> remote <…:192.0.2.1> rcpt <…> : …             the chkuser patch
//     spamdyke[4711]: ALLOWED from: … to: … origin_ip: 192.0.2.1 …                  spamdyke
//     qmail-smtpd: pid 4711 Accept::RCPT::… P:ESMTP S:192.0.2.1:… H:… F:… T:…       s/qmail
//     greylisting: outcome=… reason=… client=192.0.2.1 …
//     qmail-smtpd[4711]: auth: auth-failed type=login user=<…>
// And as qmail-send writes of mail that goes out, in a log of its own:
//     info msg 4711: bytes 834 from <alice@example.net> qp 12 uid 7791
//     starting delivery 3: msg 4711 to remote bob@example.org
//     end msg 4711
// Clients choose much of what is logged: HELO, sender, recipient and name. So a message counts only when its
// first words are as above, a key that is read stands in it once, and a line of a client that hung up is that
// to its last word.
//
// The name of a user is the one text of a client's that qmail-smtpd writes as it is, line ends included, so
// that whole lines can be the client's own: what a name has begun and not ended is told here, and
// seen_in_logs.h takes nothing from it. A failed AUTH is followed by a qlogenvelope of the same process, in
// which the name stands once more, with `_` for all that is not printable (with SMTPUTF8 as it is, so that
// the line has no end).
#pragma once

#include <string_view>

#include "ctl/logs/log_line.h"

namespace greylisting {

/// `whole` is a message without its stamp.
void read_qmail(std::string_view whole, LogLine& line);

}  // namespace greylisting
