#include "ctl/story_words.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/print/figure_words.h"
#include "ctl/print/table.h"
#include "ctl/print/terminal.h"
#include "ctl/print/typed_command.h"
#include "ctl/print/wrapped.h"
#include "ctl/records/counted_network.h"
#include "ctl/records/record_tally.h"
#include "ctl/remedy.h"
#include "judgement/rules.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

using std::chrono::seconds;

constexpr std::size_t kNarrowestAddresses = 20;
constexpr std::size_t kWaitWords = 11;  // the column in which what is said of a wait begins

std::set<std::string> networks_of(const Story& story, const Settings& settings) {
  std::set<std::string> networks;
  for (const Record& record : story.records) networks.insert(network_of_client(record.client, settings));
  for (const PastAttempt& attempt : story.attempts)
    networks.insert(network_of_client(attempt.client, settings));
  networks.erase("");
  return networks;
}

std::string_view outcome_word(const PastAttempt& attempt) {
  if (!attempt.reason) return name(attempt.is_accepted ? Outcome::accepted : Outcome::deferred);
  return name(outcome_of(*attempt.reason));
}

std::string_view reason_word(const PastAttempt& attempt) {
  return attempt.reason ? name(*attempt.reason) : "error";
}

// `rule 8: the triplet is past its block for the first time`
std::string rule_words(Reason reason) {
  for (const Rule& rule : rules()) {
    if (rule.reason == reason) return "rule " + std::to_string(rule.number) + ", " + std::string(rule.when);
  }
  return std::string(name(reason));
}

bool is_rejected(const PastAttempt& attempt) {
  return attempt.reason && outcome_of(*attempt.reason) == Outcome::rejected;
}

// How several networks have counted: each by a first attempt of its own, or one by that of another, because
// the sender's domain vouches for both. Empty where neither is so.
std::string networks_words(const Story& story, const Settings& settings) {
  std::set<std::string> begun;
  std::set<std::string> counted_there;
  for (const PastAttempt& attempt : story.attempts) {
    const std::string network = network_of_client(attempt.client, settings);
    if (network.empty()) continue;
    if (attempt.reason == Reason::new_triplet) begun.insert(network);
    if (attempt.reason == Reason::early || attempt.reason == Reason::retried) counted_there.insert(network);
  }
  std::set<std::string> as_one = begun;
  as_one.merge(counted_there);
  if (begun.size() > 1)
    return "it came from " + std::to_string(begun.size()) +
           " networks, and each of them is greylisted for itself";
  if (begun.size() == 1 && as_one.size() > 1)
    return "it came from " + std::to_string(as_one.size()) +
           " networks, which count as one: the sender's domain vouches for them";
  return "";
}

bool is_block(Reason reason) { return reason == Reason::new_triplet || reason == Reason::early; }

// How long it waited, and for what, in sentences.
std::vector<std::string> wait_words(const Story& story, const Wait& wait, const Settings& settings,
                                    std::time_t now) {
  std::vector<std::string> lines;
  const Record* const record = story.made_at(wait.first);
  const bool has_block = record != nullptr;
  const std::time_t block_end = has_block ? time_of(record->block_expires).value_or(wait.first) : wait.first;
  if (wait.is_exact()) {
    lines.push_back("waited   " + duration_text(seconds(wait.passed->time - wait.first)) + ", from " +
                    stored_time(wait.first) + " to " + stored_time(wait.passed->time) + " UTC");
  } else if (wait.passed) {
    lines.push_back("passed   between " + stored_time(block_end) + " and " + stored_time(wait.passed->time) +
                    " UTC;");
    lines.emplace_back("         of its passes only the last is known");
  } else if (is_rejected(wait.last)) {
    lines.push_back("rejected at " + stored_time(wait.last.time) +
                    " UTC: a sending server does not try that again");
  } else {
    lines.push_back("waits    since " + stored_time(wait.first) + " UTC, " +
                    duration_text(seconds(std::max<std::time_t>(now - wait.first, 0))) +
                    (has_block && now <= block_end ? "" : "; it has not come again"));
  }
  const Reason last = wait.last.reason.value_or(Reason::new_triplet);
  if (!wait.last.reason) {
    lines.emplace_back("because  no decision could be made: greylistctl check");
  } else if (is_block(last) && has_block) {
    // By the store's clock alone: the journal's line may be of the next second.
    const std::time_t made = time_of(record->first_seen).value_or(wait.first);
    const seconds block(std::max<std::time_t>(block_end - made, 0));
    const bool is_usual = block == settings.block_expire;
    lines.push_back("because  a new triplet is deferred" +
                    (is_usual ? " for " + duration_text(block) + " (block_expire)"
                              : " until " + stored_time(block_end) + " UTC"));
    const auto end = wait.passed ? wait.passed->time : now;
    if (end > block_end && (wait.is_exact() || !wait.passed))
      lines.push_back("         the other " + duration_text(seconds(end - block_end)) +
                      ": the sending server did not come back sooner");
  } else {
    lines.push_back("because  of " + rule_words(last) +
                    (wait.last.entry.empty() ? "" : " (" + one_line(wait.last.entry) + ')'));
  }
  if (const std::string networks = networks_words(story, settings); !networks.empty())
    lines.push_back("         " + networks);
  if (wait.is_exact() && wait.passed->reason)
    lines.push_back("passed   by " + rule_words(*wait.passed->reason));
  return lines;
}

// What the next mail of the same meets.
std::string outlook(const Story& story, const Wait& wait) {
  if (story.records.empty() || (!wait.passed && is_rejected(wait.last))) return "";
  const Record& record = story.records.back();
  if (record.is_over) return "its record has expired: the next one is new again";
  if (record.passed > 0) return "the next one passes at once, until " + record.record_expires + " UTC";
  if (record.is_blocked) return "passes when it is tried again after " + record.block_expires + " UTC";
  return wait.passed ? "" : "passes when it is tried again, until " + record.record_expires + " UTC";
}

// What to type so that the next one does not wait; for one that waits still, so that this one passes.
std::string remedy(const Story& story, const Wait& wait, const Settings& settings) {
  const PastAttempt& last = wait.last;
  if (!last.reason) return "greylistctl check";
  const std::string client = !last.client.empty()     ? last.client
                             : !story.records.empty() ? story.records.back().client
                                                      : "";
  const std::string network = network_of_client(client, settings);
  if (std::string own = remedy_for(*last.reason, last.entry, client, network, settings); !own.empty()) {
    // Who has been in a trap is trapped even when it is none any more.
    const bool is_trapped = last.reason == Reason::trap && own.starts_with("greylistctl remove ");
    return is_trapped && !network.empty()
               ? own + " && " + remedy_for(Reason::trapped, "", client, network, settings)
               : own;
  }
  const auto waiting =
      std::ranges::find_if(story.records, [](const Record& record) { return record.is_waiting(); });
  if (!wait.passed && waiting != story.records.end()) return "greylistctl pass " + waiting->id;
  const std::string_view domain = domain_of(story.sender);
  const bool has_domain = !story.sender.empty() && settings.privacy != Privacy::hash;
  if (networks_of(story, settings).size() > 1 && has_domain)
    return TypedCommand("import").with({"spf", std::string(domain)});
  return network.empty() ? "" : TypedCommand("allow").with({network});
}

// Runs of the same are one line, with how many more there were.
void print_attempts(const Story& story) {
  std::vector<Cells> rows{{"time (UTC)", "", "rule", "client", ""}};
  const auto& all = story.attempts;
  for (auto each = all.begin(); each != all.end();) {
    const auto end = std::find_if_not(each, all.end(), [each](const PastAttempt& other) {
      return other.reason == each->reason && other.client == each->client && other.entry == each->entry;
    });
    const auto more = end - each - 1;
    std::string rest = one_line(each->entry);
    if (more > 0)
      rest.append(rest.empty() ? "" : "; ")
          .append("+" + std::to_string(more) + " to " + stored_time((end - 1)->time));
    rows.push_back({stored_time(each->time), std::string(outcome_word(*each)),
                    std::string(reason_word(*each)), one_line(each->client), rest});
    each = end;
  }
  for (const std::string& line : table_lines(rows, {}, width_for_tables(true)))
    std::cout << "  " << line << '\n';
  if (story.untimed > 0)
    std::cout << "  and " << counted(story.untimed, "attempt")
              << " more, whose times nobody has kept: the journal of this host\n"
                 "  has about two days, and that of another host is its own\n";
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(one_line(text)); }

}  // namespace

void print_story(const Story& story, const Settings& settings, std::time_t now) {
  const bool bold = is_decorated(STDOUT_FILENO);
  std::cout << (bold ? "\033[1m" : "")
            << addresses_within(story.sender, story.recipient,
                                std::max(width_for_tables(false), kNarrowestAddresses))
            << (bold ? "\033[0m" : "") << '\n';
  print_attempts(story);
  const auto wait = story.wait();
  if (!wait) return;
  for (const std::string& line : wait_words(story, *wait, settings, now))
    std::cout << wrapped("  " + line, width_for_tables(false), kWaitWords) << '\n';
  if (const std::string next = outlook(story, *wait); !next.empty())
    std::cout << "  now      " << next << '\n';
  if (const std::string command = remedy(story, *wait, settings); !command.empty())
    std::cout << (wait->passed ? "  so that the next one does not wait: " : "  to let it in: ") << command
              << '\n';
}

Json story_json(const Story& story, const Settings& settings) {
  Json attempts = Json::array();
  for (const PastAttempt& attempt : story.attempts)
    attempts.push_back({{"time", utc(attempt.time)},
                        {"outcome", outcome_word(attempt)},
                        {"reason", reason_word(attempt)},
                        {"client", or_null(attempt.client)},
                        {"entry", or_null(attempt.entry)}});
  Json records = Json::array();
  for (const Record& record : story.records) records.push_back(std::stoull(record.id));
  const auto wait = story.wait();
  const bool is_exact = wait && wait->is_exact();
  return {{"sender", one_line(story.sender)},
          {"recipient", one_line(story.recipient)},
          {"records", records},
          {"attempts", attempts},
          {"attempts_without_time", story.untimed},
          {"first_seen", wait ? Json(utc(wait->first)) : Json()},
          {"passed_at", is_exact ? Json(utc(wait->passed->time)) : Json()},
          {"waited", is_exact ? Json(wait->passed->time - wait->first) : Json()},
          {"reason", wait ? Json(reason_word(wait->last)) : Json()},
          {"has_passed", wait && wait->passed},
          {"remedy", wait ? or_null(remedy(story, *wait, settings)) : Json()}};
}

}  // namespace greylisting::ctl
