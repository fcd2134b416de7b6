// postfix_log: what a line of Postfix says of a client, and of mail that goes out. Postfix writes `?` for
// what is not printable, so that no client can begin a line of its own.
//     4F1A21234: client=mail.example.net[192.0.2.1]          a recipient was accepted, and a message begins
//     4F1A21234: client=…[192.0.2.1], sasl_method=PLAIN, …   of one's own users
//     4F1A21234: from=<…>, size=…, nrcpt=1 (queue active)    it is in the queue
//     4F1A21234: uid=1000 from=<…>                           of this host's own users
//     4F1A21234: to=<…>, relay=…, …, status=sent (…)         to whom it has gone
//     4F1A21234: removed
//     NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 450 …
//     lost connection after CONNECT from unknown[192.0.2.1]
//     timeout after CONNECT from unknown[192.0.2.1]
//     SSL_accept error from unknown[192.0.2.1]: -1
//     HANGUP after 0.5 from [192.0.2.1]:40001 in tests before SMTP handshake     of postscreen(8)
#pragma once

#include <string_view>

#include "ctl/logs/log_line.h"

namespace greylisting {

/// `message` without its stamp and without the program's name.
void read_postfix(std::string_view message, LogLine& line);

}  // namespace greylisting
