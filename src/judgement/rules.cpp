#include "judgement/rules.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace greylisting {
namespace {

using std::chrono::seconds;

constexpr std::string_view kLowPriorityMx = "low_priority_mx";

bool is_trusted(const Case& of) {
  const Attempt& attempt = of.attempt;
  const Facts& facts = of.facts;
  const std::uint64_t no_more = attempt.takes_back ? 1 : 0;
  const auto has = [no_more](const std::optional<Facts::Client>& client, unsigned passes) {
    return passes > 0 && client && client->passes >= passes + no_more;
  };
  return has(facts.client, attempt.auto_allow_after) || has(facts.pool, attempt.auto_allow_after) ||
         (attempt.group_domain_level > 0 &&
          (has(facts.sender, 1) || facts.group >= attempt.group_domain_level + no_more));
}

bool opted_out(const Case& of) { return of.choice != nullptr && of.choice->action == Action::skip; }
bool denied(const Case& of) { return of.entry != nullptr && of.entry->action == Action::deny; }
bool allowed(const Case& of) { return of.entry != nullptr && of.entry->action == Action::allow; }
bool not_listed(const Case& of) {
  return of.attempt.only_listed && of.evidence.has_entries && of.choice == nullptr;
}
bool trapping(const Case& of) { return of.trap != nullptr; }
bool trapped(const Case& of) { return of.facts.client && of.facts.client->trapped_for.count() > 0; }
bool past_block(const Case& of) { return of.facts.is_past_block(); }
bool past_block_first(const Case& of) {
  return past_block(of) && !of.facts.has_passed() && of.facts.blocked() > 0;
}
bool expected(const Case& of) { return of.facts.expected.has_value(); }
bool null_sender(const Case& of) { return of.attempt.exempt == Reason::null_sender; }
bool not_suspicious(const Case& of) {
  return of.attempt.exempt == Reason::not_suspicious && !of.evidence.breaks_a_rule;
}
bool new_at_low_priority(const Case& of) { return of.attempt.springs_trap_if_new && !of.facts.has_record(); }
bool still_blocked(const Case& of) { return of.facts.has_record(); }
bool too_many_waiting(const Case& of) {
  return of.attempt.max_pending > 0 && of.evidence.waiting >= of.attempt.max_pending;
}
bool always(const Case& /*of*/) { return true; }

constexpr std::array kRules{
    Rule{1, Reason::opted_out, "the recipient has opted out", opted_out},
    Rule{2, Reason::denied, "the entry that counts denies", denied},
    Rule{3, Reason::allowed, "it allows", allowed},
    Rule{4, Reason::not_listed, "explicit=1, and the recipient has not opted in", not_listed},
    Rule{5, Reason::trusted, "the client is trusted", is_trusted},
    Rule{6, Reason::trap, "the recipient is a trap", trapping},
    Rule{7, Reason::trapped, "the client has been in a trap", trapped},
    Rule{8, Reason::retried, "the triplet is past its block for the first time", past_block_first},
    Rule{9, Reason::known, "the triplet is past its block again", past_block},
    Rule{10, Reason::expected,
         "the recipient waits for this mail: it answers theirs, or greylistctl expect says so", expected},
    Rule{11, Reason::null_sender, "null_sender=accept, and the sender is null", null_sender},
    Rule{12, Reason::not_suspicious, "only the suspicious are greylisted, and the client is not",
         not_suspicious},
    Rule{6, Reason::trap, "low_priority_mx=1, and the triplet is new", new_at_low_priority},
    Rule{13, Reason::early, "the triplet is known and still blocked", still_blocked},
    Rule{14, Reason::throttled, "the client's network has too many triplets waiting", too_many_waiting},
    Rule{15, Reason::new_triplet, "anything else", always},
};

const MatchingEntry* strongest(const std::vector<MatchingEntry>& matches, auto is_meant, auto rank) {
  const MatchingEntry* found = nullptr;
  for (const MatchingEntry& match : matches) {
    if (match.counts && is_meant(match) && (found == nullptr || rank(match) > rank(*found))) found = &match;
  }
  return found;
}

// The most specific, and of equals one that refuses: denies, opts out.
unsigned rank_of(const MatchingEntry& match) {
  const bool refuses = match.action == Action::deny || match.action == Action::skip;
  return match.specificity * 2 + (refuses ? 1 : 0);
}

// Trust is counted where it can be earned, once an hour: as soon as one identity's hour is not counted yet.
bool is_countable(const Case& of) {
  if (of.attempt.auto_allow_after == 0 && of.attempt.group_domain_level == 0) return false;
  const Facts& facts = of.facts;
  const auto is_open = [](const std::optional<Facts::Client>& client) {
    return !client || !client->is_counted;
  };
  const bool has_sender = of.attempt.group_domain_level > 0 && !of.attempt.triplet.sender.text().empty();
  return is_open(facts.client) || (of.attempt.triplet.pool && is_open(facts.pool)) ||
         (has_sender && is_open(facts.sender));
}

bool has_passes(const Facts& facts) {
  return std::ranges::any_of(std::array{&facts.client, &facts.pool, &facts.sender},
                             [](const auto* client) { return *client && (*client)->passes > 0; });
}

Earns earned_by(const Decision& decision, const Case& of) {
  const Earns otherwise = of.attempt.takes_back ? Earns::take_back : Earns::nothing;
  const bool can_earn = !of.attempt.earns_nothing && is_countable(of);
  switch (decision.reason) {
    case Reason::trap:
      return Earns::trap;
    case Reason::denied:
      return has_passes(of.facts) ? Earns::fall : otherwise;
    case Reason::trusted:
      if (of.trap != nullptr && has_passes(of.facts)) return Earns::fall;
      return can_earn ? Earns::seen : otherwise;
    case Reason::retried:
    case Reason::known:
      return can_earn ? Earns::pass : otherwise;
    default:
      return otherwise;
  }
}

// The last second of a block is still deferred.
seconds left_of(seconds blocked_for) { return std::max(blocked_for, seconds(0)) + seconds(1); }

const MatchingEntry* deciding(const Rule& rule, const Case& of) {
  switch (rule.reason) {
    case Reason::opted_out:
      return of.choice;
    case Reason::denied:
    case Reason::allowed:
      return of.entry;
    case Reason::trap:
      return rule.fits == new_at_low_priority ? nullptr : of.trap;
    default:
      return nullptr;
  }
}

Decision decision_of(const Rule& rule, const Case& of) {
  Decision decision{.reason = rule.reason};
  if (const MatchingEntry* match = deciding(rule, of); match != nullptr) {
    decision.entry = match->place;
    decision.reply = match->reply;
  } else if (rule.fits == new_at_low_priority) {
    decision.entry = kLowPriorityMx;
  }
  const std::chrono::minutes own_block = of.block == nullptr ? std::chrono::minutes(0) : *of.block->block;
  // A block that ends later than any that applies was begun by a clock that was wrong, or by other settings.
  decision.blocked_for =
      of.facts.has_record()
          ? std::min<seconds>(of.facts.blocked_for(), std::max<seconds>(of.attempt.block_expire, own_block))
      : of.block == nullptr ? seconds(of.attempt.block_expire)
                            : seconds(own_block);
  decision.record_expire = of.attempt.record_expire + own_block;
  decision.earns = earned_by(decision, of);
  if (decision.outcome() == Outcome::deferred) decision.left = left_of(decision.blocked_for);
  if (decision.is_recorded()) {
    decision.record = (of.facts.record ? of.facts.record : of.facts.pool_record).value_or(Facts::Record{}).id;
    decision.age = of.facts.age();
    decision.is_first_retry =
        (decision.reason == Reason::early || decision.reason == Reason::retried) && of.facts.blocked() <= 1;
  }
  const std::uint64_t most = of.attempt.max_pending;
  const std::uint64_t waiting = of.evidence.waiting;
  if (decision.reason == Reason::throttled) decision.pending = most;
  if (decision.reason == Reason::new_triplet && most > 0 && waiting + 1 == most) decision.pending = waiting;
  return decision;
}

}  // namespace

Case::Case(const Attempt& from, const Facts& known, const Evidence& asked)
    : attempt(from), facts(known), evidence(asked) {
  const auto with = [&asked](auto is_meant, auto rank) { return strongest(asked.matches, is_meant, rank); };
  entry = with(
      [](const MatchingEntry& match) {
        return match.action == Action::allow || match.action == Action::deny;
      },
      rank_of);
  choice = with(
      [](const MatchingEntry& match) {
        return match.kind == PatternKind::recipient &&
               (match.action == Action::skip || match.action == Action::greylist);
      },
      rank_of);
  trap = with([](const MatchingEntry& match) { return match.action == Action::trap; },
              [](const MatchingEntry&) { return 0; });
  block = with(
      [](const MatchingEntry& match) { return match.action == Action::greylist && match.block.has_value(); },
      [](const MatchingEntry& match) { return std::pair(match.specificity, *match.block); });
}

std::span<const Rule> rules() { return kRules; }

Decision judge(const Attempt& attempt, const Facts& facts, const Evidence& evidence) {
  const Case of(attempt, facts, evidence);
  return decision_of(*std::ranges::find_if(kRules, [&of](const Rule& rule) { return rule.fits(of); }), of);
}

Question next_question(const Decision& decision, const Case& of, bool has_deny_file) {
  const Evidence& evidence = of.evidence;
  const bool passes = decision.outcome() == Outcome::accepted;
  if (!evidence.has_entries && (!passes || of.facts.has_lists || of.facts.has_denials))
    return Question::entries;
  if (decision.reason == Reason::opted_out) return Question::nothing;
  if (!evidence.has_rules && decision.reason == Reason::not_suspicious) return Question::rules;
  const auto has_regexps = [&evidence](bool denies) {
    return std::ranges::any_of(evidence.regexps,
                               [denies](const StoredRegexp& regexp) { return regexp.denies == denies; });
  };
  if (!evidence.has_denials && (has_deny_file || has_regexps(true))) return Question::denials;
  // A trap takes away what a trusted client has earned, unless something allows it.
  const bool can_be_allowed = !passes || (decision.reason == Reason::trusted && of.trap != nullptr);
  return !evidence.has_allowances && can_be_allowed ? Question::allowances : Question::nothing;
}

Decision settled(Decision decision, const Facts& facts, const Recorded& recorded) {
  decision.record = recorded.id;
  const bool is_first = facts.blocked() <= 1;
  switch (recorded.state) {
    case RecordState::created:
      return decision;
    case RecordState::early_first:
    case RecordState::early_again:
      decision.reason = Reason::early;
      decision.is_first_retry = recorded.state == RecordState::early_first && is_first;
      decision.left = left_of(decision.blocked_for);
      return decision;
    case RecordState::retried_first:
    case RecordState::retried_again:
      // Of a record of greylistctl pass, or where the triplet has passed under another identity, nothing is
      // a first pass.
      decision.reason = facts.has_record() && (facts.has_passed() || facts.blocked() == 0) ? Reason::known
                                                                                           : Reason::retried;
      decision.is_first_retry =
          decision.reason == Reason::retried && recorded.state == RecordState::retried_first && is_first;
      break;
    case RecordState::known:
      decision.reason = Reason::known;
      decision.is_first_retry = false;
      break;
  }
  decision.left = seconds(0);
  return decision;
}

}  // namespace greylisting
