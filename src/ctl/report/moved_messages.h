// moved_messages: messages that came from one network and then from another before they had passed, as those
// of a provider do that sends from a pool of servers. Greylisting takes the second attempt for a first one,
// and the message waits anew.
//
// That is told by records alone: those of the same sender and recipient, of which each was made no more than
// a day after the one before and one at least was never retried.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace greylisting::ctl {

/// A record, as far as it tells where a message came from: 32 bytes, of as many as there are records.
struct Trial {
  std::uint64_t message = 0;  // a hash of sender and recipient
  std::uint64_t record = 0;   // its id in greylisting_data
  std::uint32_t network = 0;  // a hash of the client's
  std::uint32_t first = 0;    // when it was made, in seconds since 1970
  std::uint32_t last = 0;     // when it passed, or until when that was tried, as far as it is known
  bool has_passed = false;
  bool is_never_retried = false;
};

struct MovedMessage {
  std::uint64_t record = 0;   // one of its records
  std::uint64_t in_vain = 0;  // never-retried records, but for those of the network of the first of them
  std::uint64_t networks = 0;
  std::chrono::seconds wait{0};  // from its first attempt until it passed, or else was last tried
};

/// Those among the trials, which it sorts.
std::vector<MovedMessage> moved_messages(std::deque<Trial>& trials);

}  // namespace greylisting::ctl
