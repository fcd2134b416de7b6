#include "host/decide.h"

#include <utility>

#include "host/log.h"
#include "judgement/rules.h"
#include "judgement/suspicion_rules.h"
#include "lists/outside_lists.h"
#include "mail/reply.h"

namespace greylisting {
namespace {

constexpr const char* kTooMany = "452 too many recipients, please send to the others separately (#4.5.3)";

bool breaks_a_rule(const Attempt& attempt, const Session& session, const Settings& settings,
                   std::vector<std::string>& problems) {
  const auto rules = SuspicionRules::read(settings.suspicious_rules);
  if (!rules) return false;
  problems.insert(problems.end(), rules->problems().begin(), rules->problems().end());
  return rules->holds_for(session, attempt.triplet.client) != 0;
}

// Of equals those of files and expressions count before those of the store.
void put_before(std::vector<MatchingEntry>& matches, const std::vector<MatchingEntry>& more) {
  matches.insert(matches.begin(), more.begin(), more.end());
}

}  // namespace

std::optional<Decision> decide_without_store(const Session& session, const Settings& settings) {
  if (is_reply(session.greylisting, '5') || is_reply(session.greylisting, '4'))
    return Decision{.reason = Reason::denied, .entry = "GREYLISTING", .reply = session.greylisting};
  if (settings.max_recipients > 0 && session.recipients > settings.max_recipients)
    return Decision{.reason = Reason::too_many, .reply = kTooMany};
  return std::nullopt;
}

void ask(Question question, Decided& decided, Store& store, const Attempt& attempt, const Session& session,
         const Settings& settings) {
  Evidence& evidence = decided.evidence;
  switch (question) {
    case Question::nothing:
      break;
    case Question::entries:
      store.add_entries(evidence, attempt, decided.facts);
      break;
    case Question::denials:
      put_before(evidence.matches, outside_denials(attempt.subjects(), evidence.regexps, decided.problems));
      evidence.has_denials = true;
      break;
    case Question::allowances:
      put_before(evidence.matches,
                 outside_allowances(attempt.subjects(), attempt.believes_client_name, evidence.regexps,
                                    settings.allow_lists, decided.problems));
      evidence.has_allowances = true;
      break;
    case Question::rules:
      evidence.breaks_a_rule = breaks_a_rule(attempt, session, settings, decided.problems);
      evidence.has_rules = true;
      break;
  }
}

Decided decide(Store& store, const Attempt& attempt, const Session& session, const Settings& settings) {
  Decided decided{.facts = store.look(attempt)};
  const bool has_deny_file = has_content(kDenyFile);
  for (;;) {
    decided.decision = judge(attempt, decided.facts, decided.evidence);
    const Question question =
        next_question(decided.decision, Case(attempt, decided.facts, decided.evidence), has_deny_file);
    if (question == Question::nothing) break;
    ask(question, decided, store, attempt, session, settings);
  }
  // A message that is refused at DATA passes for nobody.
  if (attempt.message_is_refused && decided.decision.outcome() == Outcome::accepted)
    decided.decision = {.reason = Reason::shared,
                        .earns = attempt.takes_back ? Earns::take_back : Earns::nothing};
  return decided;
}

void record(Store& store, const Attempt& attempt, Decided& decided, Recording recording) {
  Decision& decision = decided.decision;
  if (recording == Recording::accepted && decision.outcome() != Outcome::accepted) return;
  const Recorded recorded = store.record(attempt, decided.facts, decision);
  if (decision.is_recorded()) decision = settled(decision, decided.facts, recorded);
  if (const auto throttle = describe_throttle(decision, attempt)) decided.problems.push_back(*throttle);
}

}  // namespace greylisting
