// tally: decisions, counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/journal.h"

namespace greylisting::ctl {

/// How long it took, in steps (`stepped`), and how often.
using Durations = std::map<std::chrono::seconds, std::uint64_t>;

/// Rounded down to a whole number of 5 s up to ten minutes, of minutes up to two hours, of five minutes up to
/// half a day, of hours above that.
std::chrono::seconds stepped(std::chrono::seconds duration);

/// The duration that `percent` of them do not exceed (nearest rank); nothing when there are none.
std::optional<std::chrono::seconds> percentile(const Durations& durations, unsigned percent);

std::uint64_t total(const Durations& durations);

/// The word for decisions that came to nothing, where others have their reason.
inline constexpr std::string_view kErrors = "error";

struct Tally {
  std::map<std::string, std::uint64_t, std::less<>> decisions{};  // by the name of their reason, or kErrors
  Durations waits{};          // of what passed after it had been deferred, from its first attempt on
  Durations first_retries{};  // from the first attempt to the second

  void add(const JournalLine& line);
  void add(const Tally& other);

  std::uint64_t of(Reason reason) const;
  std::uint64_t errors() const;
  std::uint64_t of(Outcome outcome) const;
};

/// How many there were in all, all outcomes and errors.
std::uint64_t decisions(const Tally& tally);

}  // namespace greylisting::ctl
