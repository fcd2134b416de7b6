// spp: what a plugin says to qmail-smtpd (qmail-spp 0.42), made safe to say.
//
// A recipient that is deferred is refused at RCPT. With stage=data it is the message that is refused, at
// DATA: a host that only asks whether an address exists (RCPT, then QUIT or RSET) is not held up.
//
// - DATA is refused for all recipients of a message, or for none. So the first recipient alone decides:
//   one that is deferred when none has been accepted puts off the refusal to DATA; one that is deferred
//   after others have been accepted is refused at RCPT, and the others get their mail.
// - The host keeps the text for DATA, and two texts would be two replies to one command, of which the client
//   would take the second for the reply to the next. So there is one a transaction, and every recipient after
//   it that is deferred or rejected is refused at RCPT. Nothing is said of one that would pass: DATA answers.
// - That is right even where it is a mistake: a transaction whose first recipients another plugin has dealt
//   with can look like the one before it (transaction.h), whose text RSET has cleared. Then the recipient
//   that passes gets its mail, and the one that is deferred does not.
//
// The host keeps texts and header lines until RSET, or until it takes a message: neither MAIL nor HELO undoes
// them, nor does DATA that was refused, and a plugin is told of none of these. So the next message of a
// client that sends no RSET after the refusal is refused at DATA as well, with the text of the one before;
// one that begins a new transaction in the midst of another can get two replies to its DATA, and two header
// fields. RFC 5321, section 4.1.4, has no MAIL within a transaction.
#pragma once

#include <string>
#include <string_view>

#include "judgement/decision.h"
#include "judgement/transaction.h"
#include "settings/settings.h"

namespace greylisting::spp {

/// The commands that carry out a decision, and that remember what the transaction's next recipients have to
/// know. Nothing else is said of a recipient that is accepted, and nothing with observe=1. `header_field` is
/// as from delay_header; empty for none.
std::string commands(const Decision& decision, const Settings& settings, std::string_view recipient_domain,
                     Transaction transaction, std::string_view header_field);

/// The commands for when no decision could be made: nothing, or with on_error=defer a refusal with a text of
/// its own. Nothing with observe=1.
std::string commands_on_error(const Settings& settings);

}  // namespace greylisting::spp
