// expected: mail that somebody waits for, as greylisting_expected has it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "mail/address.h"
#include "mail/expectation.h"

namespace greylisting::ctl {

struct ExpectedMail {
  std::string sender;  // an address, a domain with `@` in front, `*` for anybody
  std::string recipient;
  std::string until;  // UTC
};

/// What is expected now, by recipient and sender: all, or what an SQL condition on mail_from and rcpt_to
/// holds for, which are then as a record has them. Throws StoreError.
std::vector<ExpectedMail> expected_mail(Administration& administration, const std::string& condition = {});

/// Something that is to be expected from now on.
struct ToExpect {
  Expectation expectation;
  std::int64_t seconds = 0;  // for how long
};

/// Expects all that; what is expected for longer already stays so. Throws StoreError.
void expect_all(Administration& administration, const std::vector<ToExpect>& all);

/// Until when something is expected, as the store has it; empty when it is not. Throws StoreError.
std::string expected_until(Administration& administration, const Expectation& expectation);

/// Ends what `greylistctl expect` has said of the recipient; whether there was something that still counts.
/// Throws StoreError.
bool expect_no_longer(Administration& administration, const Settings& settings, const Address& recipient);

}  // namespace greylisting::ctl
