#include "judgement/judge.h"

#include <utility>

#include "host/log.h"
#include "lists/suspicion_rules.h"
#include "mail/reply.h"

namespace greylisting {
namespace {

const std::string kTooMany = "452 too many recipients, please send to the others separately (#4.5.3)";
const std::string kShared =
    "451 another recipient of this message is greylisted, please try again later (#4.3.0)";

Decision shared() { return {.reason = Reason::shared, .reply = kShared}; }

bool breaks_a_rule(const Attempt& attempt, const Session& session, const Settings& settings,
                   std::vector<std::string>& problems) {
  const auto rules = SuspicionRules::read(settings.suspicious_rules);
  if (!rules) return false;
  problems.insert(problems.end(), rules->problems().begin(), rules->problems().end());
  return rules->holds_for(session, attempt.triplet.client) != 0;
}

// Adds to the attempt what is said outside the store.
void ask_outside(Attempt& attempt, const Judgement& judgement, const Session& session,
                 const Settings& settings, std::vector<std::string>& problems) {
  Asked asked = judgement.asks;
  if (attempt.has_rules && breaks_a_rule(attempt, session, settings, problems)) {
    attempt.exempt.reset();
    asked = Asked::everything;
  }
  attempt.has_rules = false;
  auto [match, is_whole] = outside_match(attempt.subjects(), attempt.believes_client_name, asked,
                                         judgement.regexps, settings.allow_lists, problems);
  // Where something denies, all was asked.
  attempt.asked = match ? Asked::everything : asked;
  attempt.match = std::move(match);
  attempt.lists_version = judgement.lists_version;
  // What could not be read now may be read at the next attempt: it is another question then.
  if (!is_whole) attempt.files.deny_state += "unread";
}

}  // namespace

std::optional<Decision> judge_at_the_door(const Session& session, const Settings& settings,
                                          const Transaction& transaction) {
  if (is_reply(session.greylisting, '5') || is_reply(session.greylisting, '4'))
    return Decision{.reason = Reason::denied, .entry = "GREYLISTING", .reply = session.greylisting};
  if (settings.max_recipients > 0 && session.recipients > settings.max_recipients)
    return Decision{.reason = Reason::too_many, .reply = kTooMany};
  Decision decision;
  const std::string allowed = std::string(name(Reason::allowed)) + ' ';
  if (session.verdict == name(Reason::trusted)) {
    decision = {.reason = Reason::trusted};
  } else if (session.verdict.starts_with(allowed)) {
    decision = {.reason = Reason::allowed, .entry = session.verdict.substr(allowed.size())};
  } else {
    return std::nullopt;
  }
  return transaction.refused_at_data ? shared() : decision;
}

Judged judge(Store& store, Attempt attempt, const Session& session, const Settings& settings) {
  Judged judged;
  attempt.files = outside_files(settings.allow_lists);
  attempt.has_rules =
      attempt.exempt == Reason::not_suspicious && has_content(settings.suspicious_rules.c_str());
  Judgement judgement = store.judge(attempt);
  while (judgement.asks > attempt.asked) {
    ask_outside(attempt, judgement, session, settings, judged.problems);
    judgement = store.judge(attempt);
  }
  judged.decision = judgement.decision.reason == Reason::shared ? shared() : judgement.decision;
  if (const auto throttle = describe_throttle(judged.decision, attempt)) judged.problems.push_back(*throttle);
  return judged;
}

}  // namespace greylisting
