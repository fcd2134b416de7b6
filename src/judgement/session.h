// session: what qmail-smtpd, qmail-spp and tcpserver say about this RCPT, all of it through the environment.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "process/environment.h"

namespace greylisting {

struct Session {
  std::string client{};                  // TCPREMOTEIP
  std::string client_name{};             // TCPREMOTEHOST; empty when there is none
  bool is_client_name_verified = false;  // by the door that says so: the name leads back to the address
  std::string helo{};                    // SMTPHELOHOST
  std::string sender{};                  // SMTPMAILFROM; empty for the null sender
  std::string recipient{};               // SMTPRCPTTO
  std::string spf_result{};              // SPFRESULT, `pass`, `none`, …; empty when SPF was not checked
  std::string local_address{};           // TCPLOCALIP, the address the client connected to; may be empty
  std::string greylisting{};             // GREYLISTING: empty, or an SMTP reply to refuse the client with
  unsigned recipients = 0;       // SMTPRCPTCOUNTALL: of this message so far, this one included; 0 for unknown
  bool is_client_alone = false;  // by the door that says so: nobody has been named yet, so that nothing
                                 // counts of sender and recipient, which are empty
  std::optional<std::chrono::seconds> block{};  // likewise: how long what is new is deferred, where it is not
                                                // for block_expire

  /// Whether this RCPT is to be greylisted at all: GREYLISTING is set, the client may not relay (RELAYCLIENT)
  /// and has not authenticated (SMTPAUTHUSER; SMTP_AUTH_USER with jms1's patch), and qmail will not refuse
  /// the recipient anyway (SMTPRCPTHOSTSOK=0; by a DNS list, RBLRESULT=delay or reject). Touches nothing but
  /// the environment.
  static bool is_greylisted(const Environment& environment);

  /// Whether it is of a client that may relay or has authenticated, so that its recipient's answer is
  /// expected.
  static bool is_outgoing(const Environment& environment);

  /// Throws std::runtime_error, with the remedy, when TCPREMOTEIP, SMTPMAILFROM or SMTPRCPTTO is missing.
  static Session from(const Environment& environment);
};

}  // namespace greylisting
