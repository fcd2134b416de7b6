#include "verdict.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "printable.h"
#include "store.h"

namespace greylisting {
namespace {

enum class Detail { none, entry, number };

struct Word {
  std::string_view word;
  Reason reason;
  Detail detail;
};
constexpr std::array kWords{
    Word{"opted-out", Reason::opted_out, Detail::entry},
    Word{"denied", Reason::denied, Detail::entry},
    Word{"allowed", Reason::allowed, Detail::entry},
    Word{"not-listed", Reason::not_listed, Detail::none},
    Word{"trusted", Reason::trusted, Detail::none},
    Word{"trap", Reason::trap, Detail::entry},
    Word{"trapped", Reason::trapped, Detail::none},
    Word{"not-suspicious", Reason::not_suspicious, Detail::none},
    Word{"null-sender", Reason::null_sender, Detail::none},
    Word{"throttled", Reason::throttled, Detail::number},
    Word{"greylist", Reason::unseen, Detail::number},
};

std::optional<std::uint64_t> to_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the SQL has for a trap that no entry is, and what the log has.
constexpr std::string_view kLowPriorityMx = "mx/0";
constexpr std::string_view kLowPriorityMxEntry = "low_priority_mx";

// `lists/17`
bool is_entry(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const std::string_view table = text.substr(0, slash);
  const bool is_numbered = to_number(text.substr(std::min(slash + 1, text.size()))).has_value();
  return text == kLowPriorityMx || ((table == "lists" || table == "entries") && is_numbered);
}

}  // namespace

Decision read_verdict(std::string_view verdict, const Attempt& attempt) {
  const auto blank = std::min(verdict.find(' '), verdict.size());
  const std::string_view detail = verdict.substr(std::min(blank + 1, verdict.size()));
  const auto* const word = std::ranges::find(kWords, verdict.substr(0, blank), &Word::word);
  const bool is_known = word != kWords.end() &&
                        (word->detail == Detail::entry ? is_entry(detail) : to_number(detail).has_value());
  if (!is_known) {
    throw StoreError("the store's verdict '" + printable(verdict) + "' means nothing",
                     "greylistctl check says more");
  }
  Decision decision;
  decision.reason = word->reason;
  if (word->detail == Detail::entry) decision.entry = detail == kLowPriorityMx ? kLowPriorityMxEntry : detail;
  if (word->detail == Detail::number) decision.pending = *to_number(detail);
  if (decision.reason == Reason::throttled || decision.reason == Reason::trap)
    decision.left = attempt.block_expire;
  return decision;
}

std::string exempting_verdict(Reason reason) { return std::string(name(reason)) + " 0"; }

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
