// expectation: mail that somebody here waits for, because it answers theirs or because an administrator says
// so, and the keys under which a store has it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/fingerprint.h"

namespace greylisting {

/// Who is expected to write to a recipient.
enum class Expected { sender, domain, anybody };

struct Expectation {
  Expected who = Expected::sender;
  Fingerprint key{};
  std::string sender{};     // for people, as stored: an address, a domain, empty for anybody
  std::string recipient{};  // likewise
};

/// By what an attempt can be expected, the narrowest first; by a sender and domain not for the null sender.
std::vector<Expectation> expectations_of(const Address& sender, const Address& recipient,
                                         const Fingerprinter& fingerprinter);

/// What mail from a user here to a correspondent has expected: answers of the correspondent and, unless the
/// domain is that of a provider of many, of others there. Nothing for the null sender, and between addresses
/// of one domain or to one that is here, too (`is_own`), which anybody can write from outside.
std::vector<Expectation> expected_answers(const std::string& user, const std::string& correspondent,
                                          const Fingerprinter& fingerprinter,
                                          const std::function<bool(std::string_view domain)>& is_own = {});

/// Everything to this recipient.
Expectation expected_by(const Address& recipient, const Fingerprinter& fingerprinter);

}  // namespace greylisting
