// moved_messages: messages that came from one network and then from another before they had passed, as those
// of a provider do that sends from a pool of servers. Greylisting takes the second attempt for a first one,
// and the message waits anew.
//
// That is told by records alone: those of the same sender and recipient, of which each was made before one
// that was there had passed or expired, no later than a day after the first; one at least was never retried.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

namespace greylisting::ctl {

/// A record, as far as it tells where a message came from: 32 bytes, of as many as there are records.
struct Trial {
  std::uint64_t message = 0;  // a hash of sender and recipient
  std::uint64_t record = 0;   // its id in greylisting_data
  std::uint32_t network = 0;  // a hash of the client's
  std::uint32_t first = 0;    // when it was made, in seconds since 1970
  std::uint32_t last = 0;     // when it passed, at the earliest, or until when that was tried
  std::uint16_t minutes = 0;  // for so long it is kept unless it passes, a day at most
  bool has_passed : 1 = false;
  bool is_pass_known : 1 = false;  // it passed just when `last` says
  bool is_never_retried : 1 = false;
  bool is_undecided : 1 = false;  // it has not passed, and has not expired
};

struct MovedMessage {
  std::uint64_t record = 0;         // the first of its records
  std::uint32_t first = 0;          // when that was made
  std::uint64_t never_retried = 0;  // 0: one is undecided that may turn out to be
  std::uint64_t in_vain = 0;  // never-retried records, but for those of the network of the first of them
  std::uint64_t networks = 0;
  std::chrono::seconds wait{0};         // from its first attempt until it passed, or else was last tried
  std::vector<std::uint64_t> failed{};  // records that have not passed
  bool is_undecided = false;            // one of them still may
};

/// Those among the trials, which it sorts.
std::vector<MovedMessage> moved_messages(std::deque<Trial>& trials);

}  // namespace greylisting::ctl
