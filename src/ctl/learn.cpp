#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/lists/denied_networks.h"
#include "ctl/logs/seen_in_logs.h"
#include "ctl/long_change.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/table.h"
#include "ctl/print/take_back.h"
#include "ctl/print/terminal.h"
#include "ctl/records/earned.h"
#include "ctl/records/expected.h"
#include "mail/expectation.h"
#include "settings/own_domains.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kShown = 20;

enum class Fate { trust, prolong, withdraw, nothing };

// A network of the logs, and what becomes of it.
struct Lesson {
  SeenNetwork seen;
  std::string key;
  std::string until{};  // UTC; of trust
  Fate fate = Fate::nothing;
  std::string why{};  // there is nothing to do, or what there is to withdraw
};

struct Plan {
  std::vector<Lesson> lessons;          // those that change something, then the others; the most active first
  std::vector<EarnedIdentity> senders;  // whose passes go with those of their network
  std::vector<ToExpect> answers;

  bool is_empty() const {
    return answers.empty() &&
           std::ranges::all_of(lessons, [](const Lesson& lesson) { return lesson.fate == Fate::nothing; });
  }
};

std::string text(const Lesson& lesson) {
  switch (lesson.fate) {
    case Fate::trust:
      return "trust until " + date_of(lesson.until);
    case Fate::prolong:
      return "extend trust until " + date_of(lesson.until);
    case Fate::withdraw:
      return "withdraw " + lesson.why;
    case Fate::nothing:
      break;
  }
  return "nothing: " + lesson.why;
}

struct Circumstances {
  const DeniedNetworks& denied;
  const Settings& settings;
  std::time_t now;
  bool are_logs_whole;
  std::uint64_t least;  // accepted messages
};

// What the store has to say decides, and of several things against it the first.
void decide(Lesson& lesson, const NetworkStanding& standing, const Circumstances& circumstances) {
  const Settings& settings = circumstances.settings;
  const SeenNetwork& seen = lesson.seen;
  const auto nothing = [&lesson](const std::string& why) { lesson.why = why; };
  if (!standing.trapped_until.empty()) return nothing("trapped until " + date_of(standing.trapped_until));
  if (seen.accepted == 0) {
    if (seen.hung_up == 0) return nothing("no mail of it was accepted");
    if (seen.other_attempts > 0) return nothing("it does more than hang up");
    if (standing.passes == 0) return nothing("it has no passes");
    if (!circumstances.are_logs_whole) return nothing("what could not be read may say more of it");
    lesson.fate = Fate::withdraw;
    lesson.why = counted(static_cast<std::uint64_t>(standing.passes), "pass", "passes");
    return;
  }
  if (seen.accepted < circumstances.least)
    return nothing("fewer than " + std::to_string(circumstances.least) + " accepted (--min)");
  if (const auto entry = circumstances.denied.entry_for(seen.network)) return nothing("denied by " + *entry);
  const std::time_t until = seen.last_accepted + std::chrono::seconds(settings.auto_allow_expire).count();
  lesson.until = stored_time(until);
  if (until <= circumstances.now) return nothing("accepted longer ago than auto_allow_expire");
  if (standing.passes < settings.auto_allow_after) {
    lesson.until = std::max(lesson.until, standing.expires);
    lesson.fate = Fate::trust;
    return;
  }
  // Not for the sake of an hour: the plugin itself prolongs it at each mail.
  if (standing.expires >= stored_time(until - kDay))
    return nothing("trusted already, until " + date_of(standing.expires));
  lesson.fate = Fate::prolong;
}

// Of what one's own users have written lately: their correspondents may answer.
std::vector<ToExpect> answers_to(const std::vector<Correspondence>& outgoing, const Settings& settings,
                                 std::time_t now) {
  const Fingerprinter fingerprinter(settings.privacy_key);
  const auto is_here = [own = own_domains()](std::string_view domain) { return is_own(domain, own); };
  std::vector<ToExpect> answers;
  for (const Correspondence& correspondence : outgoing) {
    const std::int64_t left = correspondence.last + std::chrono::seconds(settings.answers).count() - now;
    if (left <= 0) continue;
    for (Expectation& expectation :
         expected_answers(correspondence.sender, correspondence.recipient, fingerprinter, is_here))
      answers.push_back({.expectation = std::move(expectation), .seconds = left});
  }
  return answers;
}

Plan plan_of(Administration& administration, const Settings& settings, const SeenInLogs& logs,
             std::time_t now, std::uint64_t least) {
  std::vector<SeenNetwork> networks = logs.networks;
  std::ranges::sort(networks, [](const SeenNetwork& a, const SeenNetwork& b) {
    const auto activity = [](const SeenNetwork& seen) { return seen.accepted + seen.hung_up; };
    return std::pair(activity(b), a.network.first().bytes()) <
           std::pair(activity(a), b.network.first().bytes());
  });
  std::vector<std::string> keys;
  keys.reserve(networks.size());
  for (const SeenNetwork& seen : networks) keys.push_back(key_of(seen.network, settings));
  auto known = standings(administration, keys);
  const DeniedNetworks denied(administration, settings);
  const Circumstances circumstances{.denied = denied,
                                    .settings = settings,
                                    .now = now,
                                    .are_logs_whole = logs.problems.empty(),
                                    .least = least};

  Plan plan;
  std::set<std::string> withdrawn;
  plan.lessons.reserve(networks.size());
  for (std::size_t i = 0; i < networks.size(); ++i) {
    Lesson& lesson = plan.lessons.emplace_back(Lesson{.seen = networks[i], .key = std::move(keys[i])});
    decide(lesson, known[lesson.key], circumstances);
    if (lesson.fate == Fate::withdraw) withdrawn.insert(lesson.seen.network.text());
  }
  std::stable_partition(plan.lessons.begin(), plan.lessons.end(),
                        [](const Lesson& lesson) { return lesson.fate != Fate::nothing; });
  plan.answers = answers_to(logs.outgoing, settings, now);
  if (settings.group_domain_level > 0) plan.senders = senders_on(administration, withdrawn);
  return plan;
}

std::size_t number_of(const Plan& plan, Fate fate) {
  return static_cast<std::size_t>(std::ranges::count(plan.lessons, fate, &Lesson::fate));
}

Cells cells(const Lesson& lesson) {
  const SeenNetwork& seen = lesson.seen;
  return {seen.network.text(), std::to_string(seen.accepted), std::to_string(seen.hung_up),
          seen.accepted == 0 ? "" : date_of(stored_time(seen.last_accepted)), text(lesson)};
}

void print(const Plan& plan, const LearnOptions& options) {
  const std::size_t shown = options.all ? plan.lessons.size() : std::min(plan.lessons.size(), kShown);
  std::vector<Cells> rows{{"network", "accepted", "hung up", "last (UTC)", "what becomes of it"}};
  for (std::size_t i = 0; i < shown; ++i) rows.push_back(cells(plan.lessons[i]));
  if (shown > 0) print_table(rows, {.cut = {0, 4}, .is_wide = options.wide});
  if (shown < plan.lessons.size())
    std::cout << "… and " << plan.lessons.size() - shown << " more; --all shows them\n";
}

void print_totals(const Plan& plan, const SeenInLogs& seen, std::time_t since) {
  std::uint64_t accepted = 0;
  std::uint64_t hung_up = 0;
  for (const SeenNetwork& network : seen.networks) {
    accepted += network.accepted;
    hung_up += network.hung_up;
  }
  std::cout << counted(seen.files, "file") << ", " << counted(seen.lines, "line") << "; since "
            << stored_time(since) << " UTC: accepted " << accepted << ", hung up " << hung_up << ", of "
            << counted(seen.networks.size(), "network") << '\n';
  if (accepted > 0 && seen.told_by != ToldBy::messages) {
    std::cout << "note: these logs have no line about a message (qlogreceived), so "
              << (seen.told_by == ToldBy::recipients
                      ? "accepted recipients count (qlogenvelope)\n"
                      : "recipients count that chkuser, spamdyke or s/qmail has let in\n");
  }
  if (seen.broken_by_clients > 0) {
    std::cout
        << "note: " << counted(seen.broken_by_clients, "line")
        << " not written by the server alone (a user name with line ends, or too long a line), so nothing "
           "counts within a minute of it\n";
  }
  std::cout << "to trust: " << number_of(plan, Fate::trust)
            << ", to extend: " << number_of(plan, Fate::prolong)
            << ", to withdraw: " << number_of(plan, Fate::withdraw) << '\n';
  if (!seen.outgoing.empty()) {
    std::cout << "outgoing mail: " << counted(seen.outgoing.size(), "correspondent")
              << "; to expect: " << counted(plan.answers.size(), "answer") << '\n';
  }
}

std::string_view word(Fate fate) {
  switch (fate) {
    case Fate::trust:
      return "trust";
    case Fate::prolong:
      return "prolong";
    case Fate::withdraw:
      return "withdraw";
    case Fate::nothing:
      break;
  }
  return "nothing";
}

// Of the networks that are trusted now and were not before; as commands one by one they could be a thousand.
std::vector<std::string> undo_of(const Plan& plan) {
  std::vector<std::string> commands;
  for (const Lesson& lesson : plan.lessons) {
    if (lesson.fate == Fate::trust)
      commands.push_back("greylistctl remove trusted " + lesson.seen.network.text());
  }
  return commands;
}

void print_undo(const Plan& plan) {
  const auto commands = undo_of(plan);
  if (commands.size() <= kShown) return print_take_back(commands);
  std::cout << "to take it back, for each network that is trusted now: greylistctl remove trusted NETWORK\n";
}

Json json_of(const Plan& plan, const SeenInLogs& seen, std::time_t since, bool dry_run, bool is_done) {
  Json networks = Json::array();
  for (const Lesson& lesson : plan.lessons) {
    networks.push_back(
        Json{{"network", lesson.seen.network.text()},
             {"accepted", lesson.seen.accepted},
             {"hung_up", lesson.seen.hung_up},
             {"last_accepted", lesson.seen.accepted == 0 ? Json() : Json(utc(lesson.seen.last_accepted))},
             {"action", word(lesson.fate)},
             {"trusted_until", lesson.fate == Fate::trust || lesson.fate == Fate::prolong
                                   ? Json(utc(time_of(lesson.until).value_or(0)))
                                   : Json()},
             {"why", lesson.why.empty() ? Json() : Json(lesson.why)}});
  }
  return {{"dry_run", dry_run},
          {"done", is_done},
          {"files", seen.files},
          {"lines", seen.lines},
          {"since", utc(since)},
          {"networks", networks},
          {"correspondents", seen.outgoing.size()},
          {"answers", plan.answers.size()},
          {"problems", json_texts(seen.problems)},
          {"undo", json_texts(is_done ? undo_of(plan) : std::vector<std::string>())}};
}

void carry_out(Administration& administration, const Settings& settings, const Plan& plan,
               LongChange& change) {
  std::vector<ClientToTrust> to_trust;
  std::vector<std::string> to_withdraw;
  for (const Lesson& lesson : plan.lessons) {
    if (lesson.fate == Fate::trust || lesson.fate == Fate::prolong) {
      to_trust.push_back({.key = lesson.key,
                          .name = lesson.seen.network.text(),
                          .seen = stored_time(lesson.seen.last_accepted),
                          .expires = lesson.until,
                          .passes = settings.auto_allow_after});
    } else if (lesson.fate == Fate::withdraw) {
      to_withdraw.push_back(lesson.key);
    }
  }
  for (const EarnedIdentity& sender : plan.senders) to_withdraw.push_back(sender.key);
  change.is_of(to_trust.size() + plan.answers.size() + to_withdraw.size());
  change.carry_out(to_trust, [&](const auto& batch) { trust(administration, batch); });
  change.carry_out(plan.answers, [&](const auto& batch) { expect_all(administration, batch); });
  change.carry_out(to_withdraw, [&](const auto& batch) { withdraw_passes(administration, batch); });
}

}  // namespace

int learn(const LoadedSettings& loaded, const LearnOptions& options) {
  const Settings& settings = loaded.settings;
  if (settings.auto_allow_after == 0) {
    throw std::runtime_error(
        "auto_allow_after=0, so no client is ever trusted and there is nothing to learn; set it in " +
        loaded.file + " to how often a client has to pass (5 by default)");
  }
  // Root may read logs that the owner of the store may not.
  const std::time_t now = std::time(nullptr);
  const std::time_t since = now - options.days * kDay;
  const SeenInLogs seen = read_logs(options.logs, settings, since, now);
  const auto administration = open_administration(settings);
  const Plan plan = plan_of(*administration, settings, seen, now, options.least);

  if (!options.json) {
    print(plan, options);
    print_totals(plan, seen, since);
    std::cout.flush();
  }
  for (const std::string& problem : seen.problems) std::cerr << "greylistctl: " << problem << '\n';
  const bool is_foreign = seen.lines > 0 && seen.understood == 0;
  if (is_foreign) {
    std::cerr << "greylistctl: none of " << counted(seen.lines, "line")
              << " says anything of a client; name the log of the mail server; greylistctl(8) lists under "
                 "learn the stamps and the lines that are read\n";
  }
  const int status = seen.problems.empty() && !is_foreign ? kDone : kFailed;
  const bool has_work = !plan.is_empty();
  const auto say = [&](bool is_done) {
    if (options.json)
      std::cout << json_of(plan, seen, since, options.dry_run, is_done).text() << '\n';
    else if (is_done)
      std::cout << "Done.\n";
  };
  if (options.dry_run || !has_work) {
    if (!options.dry_run && !options.json) std::cout << "There is nothing to do.\n";
    say(false);
    return status;
  }
  if (!options.is_sure) {
    if (options.json || !can_ask() || std::ranges::count(options.logs, "-") > 0) {
      say(false);
      std::cerr << "greylistctl: nothing was done, because "
                << (options.json ? "with --json nobody is asked" : "there is no terminal to ask on")
                << "; --yes does it without asking\n";
      return kFailed;
    }
    if (!is_confirmed()) {
      std::cout << "Nothing was done.\n";
      return kFailed;
    }
  }
  {
    LongChange change({.subject = "", .one = "change", .many = "changes"}, false);
    carry_out(*administration, settings, plan, change);
    if (change.is_stopped()) return kFailed;
  }
  say(true);
  if (!options.json) print_undo(plan);
  return status;
}

}  // namespace greylisting::ctl
