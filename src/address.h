// address: an envelope address (RFC 5321 reverse-path or forward-path) and its normal form.
//
// Two spellings that mean the same mailbox to a greylister have one normal form: ASCII letters in lower case,
// and for a sender the BATV tag removed (contracts of greylisting 0.5: "prvs="). Nothing else is changed, no
// input is refused, and a byte outside ASCII stays what it is.
#pragma once

#include <string>
#include <string_view>

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
