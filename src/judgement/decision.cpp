#include "judgement/decision.h"

#include <algorithm>

namespace greylisting {

std::string_view name(Outcome outcome) {
  switch (outcome) {
    case Outcome::accepted:
      return "accepted";
    case Outcome::deferred:
      return "deferred";
    case Outcome::rejected:
      return "rejected";
  }
  return "unknown";
}

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::too_many:
      return "too-many";
    case Reason::shared:
      return "shared";
    case Reason::opted_out:
      return "opted-out";
    case Reason::denied:
      return "denied";
    case Reason::allowed:
      return "allowed";
    case Reason::not_listed:
      return "not-listed";
    case Reason::trusted:
      return "trusted";
    case Reason::trap:
      return "trap";
    case Reason::trapped:
      return "trapped";
    case Reason::known:
      return "known";
    case Reason::retried:
      return "retried";
    case Reason::expected:
      return "expected";
    case Reason::not_suspicious:
      return "not-suspicious";
    case Reason::null_sender:
      return "null-sender";
    case Reason::throttled:
      return "throttled";
    case Reason::early:
      return "early";
    case Reason::new_triplet:
      return "new";
  }
  return "unknown";
}

std::optional<Reason> reason_of(std::string_view word) {
  const auto* const found = std::ranges::find(kReasons, word, [](Reason reason) { return name(reason); });
  return found == kReasons.end() ? std::nullopt : std::optional(*found);
}

Outcome outcome_of(Reason reason) {
  switch (reason) {
    case Reason::denied:
    case Reason::trapped:
      return Outcome::rejected;
    case Reason::too_many:
    case Reason::shared:
    case Reason::trap:
    case Reason::throttled:
    case Reason::early:
    case Reason::new_triplet:
      return Outcome::deferred;
    default:
      return Outcome::accepted;
  }
}

}  // namespace greylisting
