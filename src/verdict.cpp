#include "verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "printable.h"
#include "store.h"

namespace greylisting {
namespace {

constexpr std::array<std::pair<std::string_view, Reason>, 5> kWords{{
    {"not-listed", Reason::not_listed},
    {"denied", Reason::denied},
    {"allowed", Reason::allowed},
    {"throttled", Reason::throttled},
    {"greylist", Reason::unseen},
}};

}  // namespace

Decision read_verdict(std::string_view verdict, const Attempt& attempt) {
  const auto blank = std::min(verdict.find(' '), verdict.size());
  const auto* const word =
      std::ranges::find(kWords, verdict.substr(0, blank), [](const auto& pair) { return pair.first; });
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(verdict.data() + std::min(blank + 1, verdict.size()),
                                      verdict.data() + verdict.size(), number);
  if (word == kWords.end() || parsed.ec != std::errc() || parsed.ptr != verdict.data() + verdict.size()) {
    throw StoreError("the store's verdict '" + printable(verdict) + "' means nothing",
                     "greylistctl check says more");
  }
  Decision decision;
  decision.reason = word->second;
  if (decision.reason == Reason::denied || decision.reason == Reason::allowed) {
    decision.entry = number;
  } else {
    decision.pending = number;
  }
  if (decision.reason == Reason::throttled) decision.left = attempt.block_expire;
  return decision;
}

void add_record(Decision& decision, const RecordedAttempt& recorded) {
  constexpr std::array kReasons{Reason::unseen, Reason::early, Reason::retried, Reason::known};
  const auto state = static_cast<std::size_t>(std::clamp<std::int64_t>(recorded.state, 1, kReasons.size()));
  decision.reason = kReasons[state - 1];
  decision.record = static_cast<std::uint64_t>(recorded.id);
  decision.age = std::chrono::seconds(std::max<std::int64_t>(0, recorded.age));
  if (decision.outcome() == Outcome::deferred) {
    // The last second of a block is still deferred.
    decision.left =
        std::chrono::seconds(std::max<std::int64_t>(0, recorded.blocked_for)) + std::chrono::seconds(1);
  }
}

}  // namespace greylisting
