// policy_socket: a policy service that listens, asked one question as a mail server asks it.
#pragma once

#include <string>

namespace greylisting::ctl {

/// Asks at `place`, HOST:PORT or [HOST]:PORT, about a client that has only connected, which decides nothing
/// and leaves nothing behind. Returns what is wrong; nothing when it answers.
std::string ask_policy_service(const std::string& place);

}  // namespace greylisting::ctl
