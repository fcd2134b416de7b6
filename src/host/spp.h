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
//   it is refused at RCPT: with its own text when it is deferred or rejected, otherwise with one that says
//   what it has to wait for.
// - That is safe even where it is a mistake: a transaction whose first recipients another plugin has dealt
//   with can look like the one before it (transaction.h). Then nothing is lost, the client tries again; to
//   say nothing and rely on DATA would let the copy of a deferred recipient pass.
//
// qmail-spp 0.42 keeps the text even when DATA has been answered with it, and repeats it at DATA until RSET;
// it says no more than the first text then. Neither MAIL nor HELO undoes it, nor header lines. So the next
// message of a client that sends no RSET after the refusal is refused at DATA as well, until it connects
// anew; and one that begins a new transaction in the midst of another gets two replies to its DATA.
#pragma once

#include <string>
#include <string_view>

#include "judgement/decision.h"
#include "judgement/transaction.h"
#include "settings/settings.h"

namespace greylisting::spp {

/// Whether a header field is to be added: the triplet passes after having waited, which is to be seen in the
/// message, and the message has none yet. Not with observe=1, where nothing has waited.
bool adds_header(const Decision& decision, const Settings& settings, const Transaction& transaction);

/// The commands that carry out a decision, and that remember what the transaction's next recipients have to
/// know. Nothing is said about a recipient that is simply accepted, nor with observe=1. `header_field` is as
/// from delay_header; empty for none.
std::string commands(const Decision& decision, const Settings& settings, std::string_view recipient_domain,
                     Transaction transaction, std::string_view header_field);

/// The commands for when no decision could be made: nothing, or with on_error=defer a refusal with a text of
/// its own. Nothing with observe=1.
std::string commands_on_error(const Settings& settings);

/// Writes all commands to standard output with one call, or none when there are none. The host reads to the
/// end.
void write(std::string_view commands);

}  // namespace greylisting::spp
