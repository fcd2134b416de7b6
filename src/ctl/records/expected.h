// expected: mail that somebody waits for, as greylisting_expected has it.
#pragma once

#include <string>
#include <vector>

#include "store/administration.h"

namespace greylisting::ctl {

struct ExpectedMail {
  std::string sender;  // an address, a domain with `@` in front, `*` for anybody
  std::string recipient;
  std::string until;  // UTC
};

/// All that is expected now, by recipient and sender. Throws StoreError.
std::vector<ExpectedMail> expected_mail(Administration& administration);

}  // namespace greylisting::ctl
