#include "ctl/judgement_steps.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <utility>

#include "ctl/lists/entry_table.h"
#include "ctl/print/figure_words.h"
#include "ctl/records/record_table.h"
#include "judgement/rules.h"
#include "judgement/suspicion.h"
#include "judgement/suspicion_rules.h"
#include "text/utc.h"
#include "text/utf8.h"

namespace greylisting::ctl {
namespace {

std::string line_with_end(const StoredEntry& entry) {
  return line_of(entry) + ',' + until(entry.expires) +
         (entry.comment.empty() ? "" : " (" + line_of_utf8(entry.comment) + ')');
}

// Line 12 of control/greylisting_allow for `control/greylisting_allow:12`.
std::string line_at(const std::string& place) {
  const auto colon = place.rfind(':');
  if (colon == std::string::npos) return place;
  std::ifstream file(place.substr(0, colon));
  std::string line;
  for (auto number = std::strtoul(place.c_str() + colon + 1, nullptr, 10); number > 0; --number)
    std::getline(file, line);
  return place + ": " + line_of_utf8(line);
}

// What each rule finds of one attempt, in words.
class Explainer {
 public:
  Explainer(Administration& administration, const Session& session, const Settings& settings, Decided decided)
      : administration_(administration),
        session_(session),
        settings_(settings),
        attempt_(Attempt::from(session, settings)),
        decided_(std::move(decided)) {
    const Evidence& evidence = decided_.evidence;
    if (decided_.facts.now.empty()) decided_.facts = administration.store().look(attempt_);
    const auto need = [&](bool is_there, Question question) {
      if (!is_there) ask(question, decided_, administration.store(), attempt_, session, settings);
    };
    need(evidence.has_entries, Question::entries);
    need(evidence.has_denials, Question::denials);
    need(evidence.has_allowances, Question::allowances);
  }

  std::string about(Reason reason) {
    switch (reason) {
      case Reason::too_many:
        return settings_.max_recipients == 0
                   ? "max_recipients=0: a message may have any number"
                   : "max_recipients=" + std::to_string(settings_.max_recipients) +
                         (session_.recipients == 0
                              ? "; --recipients says how many the message has"
                              : ", the message has " + std::to_string(session_.recipients));
      case Reason::shared:
        break;  // one attempt alone has no other recipients
      case Reason::opted_out:
        return entry(reason, {Action::skip, Action::greylist}, "no entry exempts the recipient");
      case Reason::denied:
        return entry(reason, {Action::deny}, "no entry denies");
      case Reason::allowed:
        return entry(reason, {Action::allow}, "no entry allows");
      case Reason::not_listed:
        return settings_.explicit_only == 0
                   ? "explicit=0: who has not opted in is greylisted, too"
                   : entry(reason, {Action::greylist}, "explicit=1, and the recipient has not opted in");
      case Reason::trusted:
        return trust();
      case Reason::trap:
        return decides(reason) && decision().entry == "low_priority_mx"
                   ? "low_priority_mx=1, and the triplet is new"
                   : entry(reason, {Action::trap}, "the recipient is no trap");
      case Reason::trapped:
        return trapped();
      case Reason::retried:
      case Reason::known:
      case Reason::early:
        return record(reason);
      case Reason::expected:
        return expected();
      case Reason::null_sender:
        return settings_.null_sender == NullSender::greylist ? "null_sender=greylist"
               : session_.sender.empty()                     ? "null_sender=accept, and the sender is null"
                                                             : "the sender is not null";
      case Reason::not_suspicious:
        return suspicion();
      case Reason::throttled:
        return pending();
      case Reason::new_triplet:
        return block();
    }
    return "";
  }

 private:
  const Decision& decision() const { return decided_.decision; }
  const Facts& facts() const { return decided_.facts; }
  bool decides(Reason reason) const { return decision().reason == reason; }
  std::string at(std::chrono::seconds from_now) const { return later(facts().now, from_now) + " UTC"; }

  std::string text_at(const std::string& place) {
    const auto stored = EntryTable(administration_, settings_).with_id(place);
    return stored.empty() ? line_at(place) : line_with_end(stored.front());
  }

  // The entry that decides, or the first of those that match.
  std::string entry(Reason reason, const std::vector<Action>& actions, const std::string& nothing) {
    if (decides(reason) && !decision().entry.empty()) return text_at(decision().entry);
    std::vector<const MatchingEntry*> found;
    for (const MatchingEntry& match : decided_.evidence.matches) {
      const bool is_meant = std::ranges::find(actions, match.action) != actions.end() &&
                            (match.action != Action::greylist || match.kind == PatternKind::recipient);
      if (is_meant) found.push_back(&match);
    }
    if (found.empty()) return nothing;
    std::ranges::stable_sort(found, std::greater(), [](const MatchingEntry* match) {
      return std::pair(match->counts, match->specificity);
    });
    return text_at(found.front()->place) +
           (found.front()->counts ? "" : ", which does not count: trust_remote_host=never") +
           (found.size() == 1 ? "" : "; and " + std::to_string(found.size() - 1) + " more");
  }

  std::string trust() const {
    if (settings_.auto_allow_after == 0 && settings_.group_domain_level == 0)
      return "auto_allow_after=0: nobody is trusted";
    std::string found;
    for (const ClientIdentity& identity : attempt_.keys.clients) {
      const std::string name = one_line(identity.name);
      if (identity.earner == Earner::sender) {
        if (facts().sender && facts().sender->passes > 0)
          return name + " has passed, and is trusted by itself (group_domain_level)";
        continue;
      }
      const auto& client = facts().earned_as(identity.earner);
      if (!client || settings_.auto_allow_after == 0) continue;
      found.append(found.empty() ? "" : ", ")
          .append(name + (client->passes == 0 ? " has not passed yet"
                                              : " has passed in " + counted(client->passes, "hour")));
    }
    if (found.empty()) found = attempt_.triplet.network.text() + " has not passed yet";
    if (settings_.auto_allow_after > 0)
      found += "; trusted after " + std::to_string(settings_.auto_allow_after);
    if (settings_.group_domain_level > 0)
      found += "; " + counted(facts().group, "sender") + " of the domain passed here, trusted after " +
               std::to_string(settings_.group_domain_level);
    return found;
  }

  std::string expected() const {
    if (!facts().expected) return "nobody has written to the sender, or said that mail is expected";
    const std::string who =
        facts().expected->who == Expected::sender   ? "the recipient has written to the sender"
        : facts().expected->who == Expected::domain ? "the recipient has written to the sender's domain"
                                                    : "all mail to the recipient is expected";
    return who + ", until " + at(facts().expected->expires_in);
  }

  std::string trapped() const {
    const std::string network = attempt_.triplet.network.text();
    if (facts().client && facts().client->trapped_for.count() > 0)
      return network + " has been in a trap, denied until " + at(facts().client->trapped_for);
    return network + " has been in no trap";
  }

  // What the records say to that row. Those of a triplet count together: it has come as far as the one that
  // came furthest.
  std::string record(Reason reason) const {
    if (!facts().has_record())
      return reason == Reason::retried ? "no record of this triplet" + others() : "no record";
    if (reason == Reason::known)
      return facts().has_passed() ? "it has passed before" : "it has not passed before";
    if (reason == Reason::early)
      return facts().is_past_block()
                 ? "its block was over " + at(facts().blocked_for())
                 : "blocked until " + at(std::min(facts().blocked_for(), decided_.decision.blocked_for));
    std::string found;
    if (facts().record) found = history(*facts().record, "");
    if (facts().pool_record) {
      found +=
          (found.empty() ? "" : "; ") +
          history(*facts().pool_record, " for any client of " + one_line(attempt_.triplet.pool.value_or("")));
    }
    return found + others();
  }

  std::string history(const Facts::Record& record, const std::string& of) const {
    return "record " + std::to_string(record.id) + of + ": first seen " + later(facts().now, -record.age) +
           ", blocked until " + later(facts().now, record.blocked_for) + ", deferred " +
           std::to_string(record.blocked) + ", passed " + std::to_string(record.passed) + ", ends " +
           at(record.expires_in);
  }

  // Providers retry from elsewhere, and each network waits by itself.
  std::string others() const {
    std::string found;
    for (const Record& other : RecordTable(administration_).beside(attempt_))
      found += (found.empty() ? "" : ", ") + one_line(other.client) + " (" + state(other) + ')';
    return found.empty() ? "" : "; others tried the same: " + found;
  }

  std::string suspicion() const {
    if (settings_.greylist == Greylist::all) return "greylist=all: not only the suspicious";
    std::string nothing = "nothing about the client is suspicious";
    if (settings_.greylist == Greylist::unvouched) {
      const auto& domain = attempt_.triplet.pool;
      if (!domain && session_.sender.empty()) return "the sender is null, so nobody vouches for the client";
      if (!domain) return "SPF did not pass, so nobody vouches for the client";
      nothing = one_line(*domain) + " vouches for the client: SPF passed";
    } else if (const auto why = suspicion_of(session_, attempt_.triplet.client, settings_.own_name)) {
      return "suspicious: " + std::string(*why);
    }
    const auto rules = SuspicionRules::read(settings_.suspicious_rules);
    const unsigned line = rules ? rules->holds_for(session_, attempt_.triplet.client) : 0;
    return line == 0 ? nothing
                     : "suspicious: " + line_at(settings_.suspicious_rules + ':' + std::to_string(line));
  }

  std::string pending() const {
    if (settings_.max_pending_per_client == 0)
      return "max_pending_per_client=0: any number of a network may wait";
    if (facts().has_record()) return "the triplet has a record, and only new ones are counted";
    return counted(decided_.evidence.waiting, "triplet") + " of " + attempt_.triplet.network.text() +
           " waiting, at most " + std::to_string(settings_.max_pending_per_client) + " may";
  }

  std::string block() {
    const MatchingEntry* const own = Case(attempt_, facts(), decided_.evidence).block;
    if (own != nullptr)
      return "a new triplet is blocked for " + duration_text(*own->block) + ": " + text_at(own->place);
    return "a new triplet is blocked for " + duration_text(std::chrono::seconds(attempt_.block_expire)) +
           " (block_expire)";
  }

  Administration& administration_;
  const Session& session_;
  const Settings& settings_;
  Attempt attempt_;
  Decided decided_;
};

}  // namespace

std::vector<JudgementStep> judgement_steps(Administration& administration, const Session& session,
                                           const Settings& settings, const Decided& decided) {
  Explainer explainer(administration, session, settings, decided);
  std::vector<JudgementStep> steps;
  std::size_t number = 0;  // of what is asked before the store
  for (const Reason reason : kReasons) {
    const bool is_asked =
        reason != Reason::shared && (reason != Reason::too_many || settings.max_recipients > 0);
    if (is_asked)
      steps.push_back({number, reason, explainer.about(reason), reason == decided.decision.reason});
    if (reason != Reason::too_many) ++number;
  }
  return steps;
}

}  // namespace greylisting::ctl
