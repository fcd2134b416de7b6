// sender_form: what stays the same in a sender that changes with every message.
#pragma once

#include <optional>
#include <string>

#include "mail/address.h"

namespace greylisting {

/// The form of a sender that counts for a triplet. Of its local part, in this order:
///   - an SRS address (https://www.libsrs2.org/srs/srs.pdf) loses its hash and time stamp;
///   - an extension, `+…`, is gone;
///   - each number and each random token between separators (every ASCII character that is no letter or
///     digit) is one `#`, and so are several of them that follow one another.
/// A random token is a UUID, or letters and digits that are no words with a number or two in them: see
/// `is_random`. What is a local part all by itself, as `1985` or `john1985`, is a name unless it has 16
/// characters or more, and so are digits with separators alone (`555-1234`) unless there are 16 of them. The
/// domain and all other bytes stay.
std::string sender_form(const Address& sender);

/// Whose mail an SRS address carries: `alice@example.com` for `SRS0=hash=TT=example.com=alice@fwd.example`,
/// and of SRS1 the first sender as well. Nothing when it is no SRS address, or cannot be read.
std::optional<Address> original_sender(const Address& sender);

}  // namespace greylisting
