#include "judge.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

#include "list_file.h"
#include "log.h"
#include "reply.h"
#include "suspicion_rules.h"
#include "utc.h"

namespace greylisting {
namespace {

const std::string kTooMany = "452 too many recipients, please send to the others separately (#4.5.3)";

enum class Scope {
  nothing,  // the decision stands
  changes,  // only what denies and has changed since the last attempt
  all
};

Scope scope_of(const Judgement& judgement) {
  switch (judgement.decision.reason) {
    case Reason::opted_out:
    case Reason::denied:
    case Reason::allowed:
      return Scope::nothing;
    case Reason::trusted:
    case Reason::known:
    case Reason::retried:
      return Scope::changes;
    default:
      return Scope::all;
  }
}

// Whether there is such a file and it was written to no longer ago than that.
bool has_changed(const char* file, std::chrono::seconds ago) {
  struct stat status {};
  return stat(file, &status) == 0 && std::time(nullptr) - status.st_mtim.tv_sec <= ago.count();
}

// Holds an attempt against one pattern after the other and keeps the one that counts.
class Strongest {
 public:
  explicit Strongest(const Attempt& attempt) : attempt_(attempt), subjects_(attempt.subjects()) {}

  void consider(const Pattern& pattern, bool denies, const std::string& entry, const std::string& reply) {
    const unsigned rank = pattern.specificity() * 2 + (denies ? 1 : 0);
    const bool is_believed = denies || pattern.kind() != PatternKind::host || attempt_.believes_client_name;
    if (rank <= rank_ || !is_believed || !pattern.matches(subjects_)) return;
    rank_ = rank;
    best_ = {.reason = denies ? Reason::denied : Reason::allowed, .entry = entry, .reply = reply};
  }

  std::optional<Decision> best() const { return rank_ == 0 ? std::nullopt : std::optional(best_); }

 private:
  const Attempt& attempt_;
  Subjects subjects_;
  unsigned rank_ = 0;
  Decision best_;
};

// False when there is no such file.
bool consider_file(Strongest& strongest, ListFormat format, const std::string& file, bool denies,
                   std::vector<std::string>& problems) {
  const auto list = read_list(format, file);
  if (!list) return false;
  problems.insert(problems.end(), list->problems.begin(), list->problems.end());
  const std::string now = stored_time(std::time(nullptr));
  for (const ListedPattern& entry : list->entries) {
    if (!is_over(entry, now))
      strongest.consider(entry.pattern, denies, file + ':' + std::to_string(entry.line), entry.reply);
  }
  return true;
}

void consider_named_lists(Strongest& strongest, const std::string& allow_lists,
                          std::vector<std::string>& problems) {
  for (const auto& [name, file] : named_lists(allow_lists)) {
    if (const auto format = list_format(name)) {
      if (!consider_file(strongest, *format, file, false, problems))
        problems.push_back("allow_lists: " + file + " does not exist; correct its name, or take it out");
      // Postgrey and SQLgrey read what an administrator has added beside the list that is maintained for him.
      consider_file(strongest, *format, file + ".local", false, problems);
    } else {
      std::string problem = "allow_lists: \"";
      problem.append(name).append("\" in \"").append(name).append(":").append(file);
      problems.push_back(problem.append(
          "\" is not plain, postgrey-clients, postgrey-recipients, sqlgrey-ip or sqlgrey-fqdn; ignoring it"));
    }
  }
}

// What regular expressions and files decide in place of the store.
std::optional<Decision> review(const Attempt& attempt, const Settings& settings, const Judgement& judgement,
                               std::vector<std::string>& problems) {
  const Scope scope = scope_of(judgement);
  if (scope == Scope::nothing) return std::nullopt;

  Strongest strongest(attempt);
  for (const StoredRegexp& regexp : judgement.regexps) {
    try {
      strongest.consider(Pattern::parse(regexp.kind == "host" ? "client" : regexp.kind, regexp.pattern),
                         regexp.denies, regexp.entry, regexp.reply);
    } catch (const PatternError& error) {
      problems.push_back(regexp.entry + ": " + error.what());
    }
  }
  if (scope == Scope::all || has_changed(kDenyFile, judgement.idle.value_or(std::chrono::seconds(0))))
    consider_file(strongest, ListFormat::plain, kDenyFile, true, problems);
  if (scope == Scope::all) {
    consider_file(strongest, ListFormat::plain, kAllowFile, false, problems);
    consider_named_lists(strongest, settings.allow_lists, problems);
  }

  auto best = strongest.best();
  const bool is_accepted = judgement.decision.outcome() == Outcome::accepted;
  if (best && is_accepted && best->reason == Reason::allowed) best.reset();
  return best;
}

bool breaks_a_rule(const Attempt& attempt, const Session& session, const Settings& settings,
                   std::vector<std::string>& problems) {
  const auto rules = SuspicionRules::read(settings.suspicious_rules);
  if (!rules) return false;
  problems.insert(problems.end(), rules->problems().begin(), rules->problems().end());
  return rules->holds_for(session, attempt.triplet.client) != 0;
}

bool has_left_traces(const Decision& decision, const Decision& overruling) {
  return decision.record != 0 || decision.reason == Reason::trap || overruling.reason == Reason::denied;
}

}  // namespace

std::vector<NamedList> named_lists(const std::string& allow_lists) {
  std::vector<NamedList> lists;
  for (std::size_t begin = 0; begin < allow_lists.size();) {
    const auto end = std::min(allow_lists.find_first_of(" \t", begin), allow_lists.size());
    const std::string word = allow_lists.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    const auto colon = word.find(':');
    if (colon == std::string::npos) {
      lists.push_back({word, ""});
    } else {
      lists.push_back({word.substr(0, colon), word.substr(colon + 1)});
    }
  }
  return lists;
}

std::optional<Decision> judge_at_the_door(const Session& session, const Settings& settings) {
  if (is_reply(session.greylisting, '5') || is_reply(session.greylisting, '4'))
    return Decision{.reason = Reason::denied, .entry = "GREYLISTING", .reply = session.greylisting};
  if (settings.max_recipients > 0 && session.recipients > settings.max_recipients)
    return Decision{.reason = Reason::too_many, .reply = kTooMany};
  if (session.verdict == name(Reason::trusted)) return Decision{.reason = Reason::trusted};
  const std::string allowed = std::string(name(Reason::allowed)) + ' ';
  if (session.verdict.starts_with(allowed))
    return Decision{.reason = Reason::allowed, .entry = session.verdict.substr(allowed.size())};
  return std::nullopt;
}

Judged judge(Store& store, Attempt attempt, const Session& session, const Settings& settings) {
  Judged judged;
  Judgement judgement = store.judge(attempt);
  if (judgement.decision.reason == Reason::not_suspicious &&
      breaks_a_rule(attempt, session, settings, judged.problems)) {
    attempt.exempt.reset();
    judgement = store.judge(attempt);
  }
  judged.decision = judgement.decision;
  if (const auto overruling = review(attempt, settings, judgement, judged.problems)) {
    if (has_left_traces(judgement.decision, *overruling))
      store.withdraw(attempt, judgement.decision.reason, overruling->reason);
    judged.decision = *overruling;
  }
  if (const auto throttle = describe_throttle(judged.decision, attempt)) judged.problems.push_back(*throttle);
  return judged;
}

}  // namespace greylisting
