#include "decision.h"

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
    case Reason::not_listed:
      return "not-listed";
    case Reason::denied:
      return "denied";
    case Reason::allowed:
      return "allowed";
    case Reason::known:
      return "known";
    case Reason::retried:
      return "retried";
    case Reason::throttled:
      return "throttled";
    case Reason::early:
      return "early";
    case Reason::unseen:
      return "new";
  }
  return "unknown";
}

Outcome outcome_of(Reason reason) {
  switch (reason) {
    case Reason::denied:
      return Outcome::rejected;
    case Reason::throttled:
    case Reason::early:
    case Reason::unseen:
      return Outcome::deferred;
    default:
      return Outcome::accepted;
  }
}

}  // namespace greylisting
