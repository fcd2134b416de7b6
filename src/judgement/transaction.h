// transaction: what the plugin knows of the mail transaction that a recipient belongs to.
//
// A plugin is a new process for every recipient. What one has to know of those before it, it gives to
// qmail-smtpd as a variable of the connection's environment: GREYLISTING_TRANSACTION, which no client can
// set. The host forgets it neither at RSET nor at DATA. A new transaction shows by its counters, which begin
// anew, so the variable is brought up to date at each recipient for as long as it exists.
//
// A recipient that passes here can still be refused by the host, which looks at it after the plugin. That
// shows at the next recipient of the transaction, where the count of those accepted has not grown; of the
// last one nobody is told, and of a transaction with one recipient nothing.
#pragma once

#include <string>

#include "judgement/session.h"

namespace greylisting {

struct Transaction {
  /// The variable's name.
  static constexpr const char* kVariable = "GREYLISTING_TRANSACTION";

  unsigned long tried = 0;       // SMTPRCPTCOUNTALL: recipients so far, this one included; 0 when not counted
  unsigned long accepted = 0;    // SMTPRCPTCOUNT: those before this one that qmail-smtpd has accepted
  bool has_header = false;       // a header line was added to the message
  bool refused_at_data = false;  // DATA is going to be refused
  bool has_earned = false;       // the client has earned a pass, and the host has accepted nobody since
  bool was_refused = false;      // likewise, and has refused one for whom it was earned
  bool takes_back = false;       // that has just been seen
  bool is_remembered = false;    // the variable is set

  /// Never fails: counters that are missing or no numbers are 0, a variable that is not of our form says
  /// nothing, and neither does one of a transaction before this one. A recipient that the plugin did not see
  /// can make a new transaction look like the one before it, never the other way round.
  static Transaction from(const Environment& environment);

  /// Whether the host counts recipients. Where it does not, transactions cannot be told apart.
  bool is_counted() const { return tried > 0; }

  /// Whether recipients after this one have to be told of it.
  bool is_marked() const { return has_header || refused_at_data || has_earned || was_refused; }

  /// The variable's value: the two counters and the marks, `3:1:header:data:earned`.
  std::string value() const;
};

}  // namespace greylisting
