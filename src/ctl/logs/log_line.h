// log_line: what a line in the log of a mail server says of a client: of qmail-smtpd (qmail_log.h), Postfix
// (postfix_log.h) or Exim (exim_log.h), with any of the stamps that they come with (log_stamp.h).
#pragma once

#include <optional>
#include <string_view>

#include "ctl/logs/log_stamp.h"
#include "mail/network.h"

namespace greylisting {

enum class LogEvent {
  other,               // nothing of a client
  message_accepted,    // a message is in the queue
  message_queued,      // likewise; its client is that of the recipient_accepted of the same `process`
  message,             // one that was refused, or was of a client that may relay or has authenticated
  recipient_accepted,  // of a stranger
  recipient_let_in,    // chkuser, spamdyke or s/qmail let in one of a stranger; what came of it is not said
  attempt,             // anything else that a client tried; the plugin's own lines are of this kind
  hung_up,             // the client went before it named a sender
};

/// What a line says of a message of one's own on its way out.
enum class OnItsWay {
  nothing,
  begins,      // it is of a client that has authenticated, or of this host; `address` may be its sender
  has_sender,  // any message: `address` is its sender
  is_sent_to,  // likewise, a recipient
  ends,        // likewise
};

struct LogLine {
  Stamp stamp{};
  LogEvent event = LogEvent::other;
  std::optional<IpAddress> client{};  // there unless it is `other` or `message_queued`
  std::string_view client_name{};     // its reverse name, where the line has one; a part of the line
  std::string_view process{};         // what the lines of one message have in common: qmail-smtpd's process
                                      // id, Postfix' queue id; likewise, as the next
  std::string_view port{};            // the client's
  OnItsWay on_its_way = OnItsWay::nothing;
  std::string_view
      message_id{};  // by which lines of one message are known, where there is something on its way
  std::string_view address{};
  std::string_view message{};              // without the stamp and without what syslog has after it
  std::optional<std::string_view> user{};  // of AUTH, as it came; with its `>`, where the line has that
  std::optional<std::string_view> refused_user{};  // the same in the line that refuses AUTH
  bool is_cut = false;          // a line of qlog that has no end: what follows is not the server's
  bool needs_envelope = false;  // a message counts only after a recipient_accepted of its client and process
};

/// Reads a line, without its end. Whatever is not understood is `other`.
LogLine read_log_line(std::string_view line);

}  // namespace greylisting
