#include "ctl/judgement_steps.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>

#include "ctl/lists/entry_table.h"
#include "ctl/print/figure_words.h"
#include "ctl/records/record_table.h"
#include "lists/suspicion.h"
#include "lists/suspicion_rules.h"

namespace greylisting::ctl {
namespace {

std::string text(const StoredEntry& entry) {
  return entry.id + ": " + one_line(entry.action) + ' ' + one_line(subject_of(entry)) + ' ' +
         one_line(entry.pattern) + ',' + until(entry.expires) +
         (entry.comment.empty() ? "" : " (" + one_line(entry.comment) + ')');
}

// Line 12 of control/greylisting_allow for `control/greylisting_allow:12`.
std::string line_at(const std::string& place) {
  const auto colon = place.rfind(':');
  if (colon == std::string::npos) return place;
  std::ifstream file(place.substr(0, colon));
  std::string line;
  for (auto number = std::strtoul(place.c_str() + colon + 1, nullptr, 10); number > 0; --number)
    std::getline(file, line);
  return place + ": " + one_line(line);
}

// One identity of the client, as greylisting_clients has it.
struct Identity {
  std::string name;
  unsigned long passes = 0;
  std::string trapped_until;  // empty when it is not
  bool is_member = false;     // of a group
};

// What the store knows of an attempt, asked for the person who reads it. What is decided is not taken from
// here.
class Facts {
 public:
  Facts(Administration& administration, const Session& session, const Settings& settings,
        const Decision& decision)
      : administration_(administration),
        session_(session),
        settings_(settings),
        decision_(decision),
        attempt_(Attempt::from(session, settings)),
        literals_(sql::literals_of(attempt_, administration.dialect())),
        entries_(EntryTable(administration, settings).matching(attempt_)),
        records_(RecordTable(administration).of(attempt_)),
        identities_(identities()) {}

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
        return decides(reason) && decision_.entry == "low_priority_mx"
                   ? "low_priority_mx=1, and the triplet is new"
                   : entry(reason, {Action::trap}, "the recipient is no trap");
      case Reason::trapped:
        return trapped();
      case Reason::retried:
      case Reason::known:
      case Reason::early:
        return record(reason);
      case Reason::null_sender:
        return settings_.null_sender == NullSender::greylist ? "null_sender=greylist"
               : session_.sender.empty()                     ? "null_sender=accept, and the sender is null"
                                                             : "the sender is not null";
      case Reason::not_suspicious:
        return suspicion();
      case Reason::throttled:
        return pending();
      case Reason::unseen:
        return block();
    }
    return "";
  }

 private:
  bool decides(Reason reason) const { return decision_.reason == reason; }

  // The entry that decides, or the first of those that match.
  std::string entry(Reason reason, const std::vector<Action>& actions, const std::string& nothing) {
    if (decides(reason) && !decision_.entry.empty()) {
      const auto deciding = EntryTable(administration_, settings_).with_id(decision_.entry);
      return deciding.empty() ? line_at(decision_.entry) : text(deciding.front());
    }
    std::vector<const StoredEntry*> found;
    for (const StoredEntry& each : entries_) {
      const auto action = action_of(each.action);
      const bool counts = action && std::ranges::find(actions, *action) != actions.end() &&
                          (*action != Action::greylist || each.kind == "recipient");
      if (counts) found.push_back(&each);
    }
    if (found.empty()) return nothing;
    return text(*found.front()) +
           (found.size() == 1 ? "" : "; and " + std::to_string(found.size() - 1) + " more");
  }

  std::vector<Identity> identities() {
    std::vector<Identity> identities;
    for (const Administration::Row& row : administration_.ask(
             sql::with_literals("SELECT identity, passes, CASE WHEN client = :client_key AND trapped_until > "
                                ":now THEN trapped_until END, member_of IS NOT NULL FROM greylisting_clients "
                                "WHERE client IN (:client_keys) AND expires > :now ORDER BY identity",
                                literals_),
             4))
      identities.push_back({row[0], std::stoul(row[1]), row[2], row[3] == "1"});
    return identities;
  }

  std::string trust() {
    if (settings_.auto_allow_after == 0 && settings_.group_domain_level == 0)
      return "auto_allow_after=0: nobody is trusted";
    std::string found;
    for (const Identity& identity : identities_) {
      if (identity.is_member && identity.passes > 0)
        return one_line(identity.name) + " has passed, and is trusted by itself (group_domain_level)";
      if (identity.is_member || settings_.auto_allow_after == 0) continue;
      found.append(found.empty() ? "" : ", ")
          .append(one_line(identity.name) + (identity.passes == 0
                                                 ? " has not passed yet"
                                                 : " has passed in " + counted(identity.passes, "hour")));
    }
    if (found.empty()) found = attempt_.triplet.network.text() + " has not passed yet";
    if (settings_.auto_allow_after > 0)
      found += "; trusted after " + std::to_string(settings_.auto_allow_after);
    if (settings_.group_domain_level > 0) {
      found += "; " +
               counted(count("greylisting_clients WHERE member_of = :group AND passes > 0 AND expires > :now "
                             "LIMIT " +
                             std::to_string(settings_.group_domain_level)),
                       "sender") +
               " of the domain passed here, trusted after " + std::to_string(settings_.group_domain_level);
    }
    return found;
  }

  std::string trapped() const {
    for (const Identity& identity : identities_) {
      if (!identity.trapped_until.empty())
        return one_line(identity.name) + " has been in a trap, denied until " + identity.trapped_until +
               " UTC";
    }
    return attempt_.triplet.network.text() + " has been in no trap";
  }

  // What the records say to that row. Those of a triplet count together: it has come as far as the one that
  // came furthest.
  std::string record(Reason reason) const {
    const Record* furthest = nullptr;
    bool has_passed = false;
    for (const Record& each : records_) {
      if (each.is_over) continue;
      if (furthest == nullptr || each.block_expires < furthest->block_expires) furthest = &each;
      has_passed = has_passed || each.passed > 0;
    }
    if (reason != Reason::retried && furthest == nullptr) return "no record";
    if (reason == Reason::known) return has_passed ? "it has passed before" : "it has not passed before";
    if (reason == Reason::early)
      return (furthest->is_blocked ? "blocked until " : "its block was over ") + furthest->block_expires +
             " UTC";
    std::string found;
    for (const Record& each : records_)
      found += (found.empty() ? "record " : "; record ") + each.id +
               (each.pool.empty() ? "" : " for any client of " + one_line(each.pool)) + ": " + history(each);
    return found.empty() ? "no record of this triplet" : found;
  }

  static std::string history(const Record& record) {
    if (record.is_over) return "over since " + record.record_expires + " UTC";
    return "first seen " + record.first_seen + ", blocked until " + record.block_expires + ", deferred " +
           std::to_string(record.blocked) + ", passed " + std::to_string(record.passed) + ", ends " +
           record.record_expires + " UTC";
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

  std::string pending() {
    const bool is_limited = settings_.max_pending_per_client > 0;
    const auto waiting =
        count("greylisting_data WHERE pending_network = :network AND record_expires > :now LIMIT " +
              (is_limited ? std::to_string(settings_.max_pending_per_client) : "1000000"));
    return counted(waiting, "triplet") + " of " + attempt_.triplet.network.text() + " waiting, " +
           (is_limited ? "at most " + std::to_string(settings_.max_pending_per_client) : "any number") +
           " may";
  }

  std::string block() const {
    for (const StoredEntry& each : entries_) {
      if (each.action == name(Action::greylist) && !each.block.empty())
        return "a new triplet is blocked for " + duration_text(std::chrono::minutes(std::stol(each.block))) +
               ": " + text(each);
    }
    return "a new triplet is blocked for " + duration_text(std::chrono::seconds(attempt_.block_expire)) +
           " (block_expire)";
  }

  unsigned long count(const std::string& rows) {
    return administration_.count(sql::with_literals("(SELECT 1 FROM " + rows + ") AS some", literals_));
  }

  Administration& administration_;
  const Session& session_;
  const Settings& settings_;
  const Decision& decision_;
  Attempt attempt_;
  sql::Literals literals_;
  std::vector<StoredEntry> entries_;
  std::vector<Record> records_;
  std::vector<Identity> identities_;
};

}  // namespace

std::vector<JudgementStep> judgement_steps(Administration& administration, const Session& session,
                                           const Settings& settings, const Decision& decision) {
  Facts facts(administration, session, settings, decision);
  std::vector<JudgementStep> steps;
  std::size_t number = 0;  // of what is asked before the store
  for (const Reason reason : kReasons) {
    const bool is_asked =
        reason != Reason::shared && (reason != Reason::too_many || settings.max_recipients > 0);
    if (is_asked) steps.push_back({number, reason, facts.about(reason), reason == decision.reason});
    if (reason != Reason::too_many) ++number;
  }
  return steps;
}

}  // namespace greylisting::ctl
