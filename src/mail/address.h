// address: an envelope address (RFC 5321 reverse-path or forward-path) and its normal form.
//
// Two spellings that mean the same mailbox to a greylister have one normal form:
//   - ASCII letters are in lower case;
//   - a source route is gone (RFC 5321, section 4.1.2: @relay:user@domain), and so are dots at the domain's
//   end;
//   - a local part has lost its quotes, and the backslashes between them (RFC 5321, section 4.1.2);
//   - a domain in Unicode is in its ASCII form (RFC 5891, UTS 46), which also folds its case and width;
//   - a sender has lost its BATV tag ("prvs=", "msprvs1=").
// Nothing else is changed and no input is refused: a domain that has no ASCII form, and a local part, keep
// their bytes, so that look-alikes in a local part stay different mailboxes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace greylisting {

class Address {
 public:
  /// `raw` as qmail-smtpd hands it over: without angle brackets, any byte but NUL and LF; empty for the null
  /// sender.
  static Address sender(std::string_view raw);
  static Address recipient(std::string_view raw);

  /// The normal form.
  const std::string& text() const { return text_; }

  /// What follows the last '@'; the whole address where there is none.
  std::string_view domain() const;

  friend bool operator==(const Address&, const Address&) = default;

 private:
  explicit Address(std::string text) : text_(std::move(text)) {}

  std::string text_;
};

}  // namespace greylisting
