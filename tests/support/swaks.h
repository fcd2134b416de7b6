// swaks: how it tells that a recipient was deferred or refused.
#pragma once

#include <string>

namespace greylisting::test {

inline constexpr int kRecipientRefused = 24;  // exit status: no recipient was accepted
inline const std::string kDeferralReply = "451 temporary failure (#4.3.0)";

}  // namespace greylisting::test
