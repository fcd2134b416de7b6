#include "judgement/verdict.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "store/store.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting {
namespace {

enum class Detail { none, entry, number };

struct Word {
  std::string_view word;
  Reason reason;
  Detail detail;
};
constexpr std::array kWords{
    Word{"shared", Reason::shared, Detail::none},
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

// What the SQL has for a trap that no entry is, and what the log has.
constexpr std::string_view kLowPriorityMx = "mx/0";
constexpr std::string_view kLowPriorityMxEntry = "low_priority_mx";
constexpr std::string_view kOutside = "outside/0";
constexpr std::string_view kAsk = "ask ";

// The words up to the next blank, which go.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

// `lists/17 client`, `entries/3 envelope 550 a reply`
bool read_entry(std::string_view detail, Decision& decision, const Attempt& attempt) {
  const std::string_view entry = take_word(detail);
  if (entry == kOutside && attempt.match) {
    decision.entry = attempt.match->entry;
    decision.reply = attempt.match->reply;
    return true;
  }
  const std::string_view about = take_word(detail);
  const auto slash = std::min(entry.find('/'), entry.size());
  const std::string_view table = entry.substr(0, slash);
  if (!number_of<std::uint64_t>(entry.substr(std::min(slash + 1, entry.size()))) ||
      (about != "client" && about != "envelope"))
    return false;
  if (entry != kLowPriorityMx && table != "lists" && table != "entries") return false;
  decision.entry = entry == kLowPriorityMx ? kLowPriorityMxEntry : entry;
  decision.reply = detail;
  decision.holds_for_session = decision.reason == Reason::allowed && about == "client";
  return true;
}

// The last second of a block is still deferred.
std::chrono::seconds left_of(std::int64_t blocked_for) {
  return std::chrono::seconds(std::max<std::int64_t>(0, blocked_for) + 1);
}

}  // namespace

Decision read_verdict(std::string_view verdict, const Attempt& attempt) {
  std::string_view detail = verdict;
  const auto* const word = std::ranges::find(kWords, take_word(detail), &Word::word);
  Decision decision;
  bool is_known = word != kWords.end();
  if (is_known) {
    decision.reason = word->reason;
    const auto number = number_of<std::uint64_t>(detail);
    is_known = word->detail == Detail::entry ? read_entry(detail, decision, attempt) : number.has_value();
    if (word->detail == Detail::number) decision.pending = number.value_or(0);
    if (decision.reason == Reason::trusted) decision.holds_for_session = number == 1;
  }
  if (!is_known) {
    throw StoreError("the store's verdict '" + printable(verdict) + "' means nothing",
                     "greylistctl check says more");
  }
  // A line of the file may be about the next sender.
  decision.holds_for_session = decision.holds_for_session && !attempt.files.deny;
  return decision;
}

std::pair<Asked, std::string> asked_by(std::string_view verdict) {
  if (!verdict.starts_with(kAsk)) return {Asked::nothing, ""};
  verdict.remove_prefix(kAsk.size());
  const Asked asked = take_word(verdict) == "1" ? Asked::denials : Asked::everything;
  return {asked, std::string(verdict)};
}

std::string exempting_verdict(Reason reason) { return std::string(name(reason)) + " 0"; }

void add_record(Decision& decision, const RecordedAttempt& recorded) {
  struct State {
    Reason reason;
    bool is_first_retry;
  };
  constexpr std::array kStates{State{Reason::unseen, false},  State{Reason::early, true},
                               State{Reason::early, false},   State{Reason::retried, true},
                               State{Reason::retried, false}, State{Reason::known, false}};
  const auto state = static_cast<std::size_t>(std::clamp<std::int64_t>(recorded.state, 1, kStates.size()));
  decision.reason = kStates[state - 1].reason;
  decision.is_first_retry = kStates[state - 1].is_first_retry;
  decision.record = static_cast<std::uint64_t>(recorded.id);
  decision.age = std::chrono::seconds(std::max<std::int64_t>(0, recorded.age));
  if (decision.outcome() == Outcome::deferred) decision.left = left_of(recorded.blocked_for);
}

void add_wait(Decision& decision, std::int64_t blocked_for) {
  if (decision.reason == Reason::trap || decision.reason == Reason::throttled)
    decision.left = left_of(blocked_for);
}

}  // namespace greylisting
