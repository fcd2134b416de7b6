#include <cstdint>
#include <ctime>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/records/counted_network.h"
#include "ctl/records/history.h"
#include "ctl/records/past.h"
#include "ctl/records/record_tally.h"
#include "ctl/records/wanted.h"
#include "ctl/story_words.h"
#include "host/journal.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// What is known of the word, and from where.
struct Answer {
  std::vector<Story> late;
  std::uint64_t at_once = 0;             // stories in which every attempt was accepted
  std::uint64_t left_out = 0;            // late ones above the limit
  std::vector<History::Span> deleted{};  // by the name of its kind
  std::vector<std::string> names{};      // of these
  std::string journal_since{};           // UTC; empty where there is no journal
};

// The names by which the history has what the word says.
std::vector<std::pair<std::string_view, std::string>> names_of(const Wanted& wanted,
                                                               const Settings& settings) {
  std::vector<std::pair<std::string_view, std::string>> names;
  if (wanted.network())
    names.emplace_back(kClientKind, network_of_client(wanted.network()->first().text(), settings));
  if (!wanted.domain().empty()) {
    names.emplace_back(kSenderDomainKind, wanted.domain());
    names.emplace_back(kPoolMessagesKind, wanted.domain());
  }
  if (!wanted.recipient().empty()) names.emplace_back(kRecipientKind, wanted.recipient());
  return names;
}

std::string first_of(const Journal& journal) {
  const auto hours = journal.hours();
  return hours.empty() ? "" : stored_time(hours.front());
}

// A host of a network is asked about with its network: another of it may have come first.
std::string with_neighbours(const std::string& word, const Settings& settings) {
  const auto network = searched_network(word);
  return network ? at_least_counted(*network, settings).text() : word;
}

std::vector<Record> records_asked_for(RecordTable& table, Administration& administration,
                                      const Settings& settings, const WhyOptions& options,
                                      const std::optional<Wanted>& wanted, const std::string& since) {
  if (!wanted) return table.numbered(options.word);
  RecordQuery query{.client = wanted->network(), .seen_since = since, .limit = options.limit};
  if (!wanted->network())
    query.either = condition_on_either(options.word, settings, administration.dialect());
  return table.with_keys(table.newest(query));
}

// What the journal has of it beside the latest records.
void add_refused_pairs(const Journal& journal, const std::optional<Wanted>& wanted, std::time_t from,
                       std::set<std::pair<std::string, std::string>>& pairs) {
  constexpr std::size_t kMost = 200;
  for (const std::time_t hour : journal.hours()) {
    journal.read(hour, [&](const JournalLine& line) {
      const auto attempt = attempt_of(line);
      const bool is_refused = line.reason && outcome_of(*line.reason) != Outcome::accepted;
      if (attempt && is_refused && line.time >= from && pairs.size() < kMost && wanted &&
          wanted->matches(*attempt))
        pairs.emplace(attempt->sender, attempt->recipient);
    });
  }
}

Answer answer(Administration& administration, const Settings& settings, const WhyOptions& options) {
  std::optional<Wanted> wanted;
  if (!is_record_id(options.word)) wanted.emplace(with_neighbours(options.word, settings), settings);
  const std::string since =
      options.since.empty() ? "" : moment_of("--since", options.since, administration.now());
  const std::time_t from = time_of(since).value_or(0);

  RecordTable table(administration);
  std::set<std::pair<std::string, std::string>> pairs;
  for (const Record& record : records_asked_for(table, administration, settings, options, wanted, since))
    pairs.emplace(record.sender, record.recipient);
  const Journal journal(settings);
  add_refused_pairs(journal, wanted, from, pairs);
  Past past(settings);
  for (const Record& record : table.of_pairs({pairs.begin(), pairs.end()})) past.add(record);

  Answer answer{.late = {}, .journal_since = first_of(journal)};
  for (const std::time_t hour : journal.hours()) {
    journal.read(hour, [&](const JournalLine& line) {
      const auto attempt = attempt_of(line);
      if (!attempt) return;
      const bool is_asked_for = wanted && line.time >= from && wanted->matches(*attempt);
      if (is_asked_for || past.knows(*attempt)) past.add(line, *attempt);
    });
  }
  for (Story& story : past.stories()) {
    if (!story.wait()) {
      ++answer.at_once;
    } else if (answer.late.size() < options.limit) {
      answer.late.push_back(std::move(story));
    } else {
      ++answer.left_out;
    }
  }
  if (!wanted) return answer;
  History history(administration);
  for (const auto& [kind, name] : names_of(*wanted, settings)) {
    for (History::Span& span : history.spans_of(name, {kind})) {
      answer.deleted.push_back(std::move(span));
      answer.names.push_back(name);
    }
  }
  return answer;
}

void print_rest(const Answer& answer, const std::string& word) {
  if (answer.left_out > 0)
    std::cout << "\nThese are the latest " << answer.late.size() << "; there are " << answer.left_out
              << " more: --limit\n";
  if (answer.late.empty() && answer.at_once == 0) {
    std::cout << "Nothing is known of " << one_line(word) << ": there is no record, and "
              << (answer.journal_since.empty()
                      ? "this host has no journal"
                      : "nothing in this host's journal, which begins at " + answer.journal_since + " UTC")
              << ".\n";
  } else if (answer.at_once > 0) {
    std::cout << (answer.late.empty() ? "Nothing was late. " : "\n")
              << counted(answer.at_once, "pair of sender and recipient", "pairs of sender and recipient")
              << (answer.late.empty() ? "" : " more") << ": all attempts were accepted at once.\n";
  }
  const std::map<std::string_view, std::string_view> words{{kClientKind, "from the client network"},
                                                           {kSenderDomainKind, "from the sender domain"},
                                                           {kRecipientKind, "to"}};
  for (std::size_t i = 0; i < answer.deleted.size(); ++i) {
    const History::Span& span = answer.deleted[i];
    const auto day = [](const std::string& time) { return time.substr(0, time.find(' ')); };
    const bool is_pool = span.kind == kPoolMessagesKind;
    std::cout << "Deleted since: " << counted(span.total, is_pool ? "message" : "triplet") << ' '
              << words.at(is_pool ? kSenderDomainKind : span.kind) << ' ' << one_line(answer.names[i])
              << (is_pool ? " that came from several networks" : " that nobody retried") << ", first seen "
              << (span.first == span.last ? "on " + day(span.first)
                                          : "from " + day(span.first) + " to " + day(span.last))
              << ".\n";
  }
}

void print_json(const Answer& answer, const Settings& settings) {
  Json messages = Json::array();
  for (const Story& story : answer.late) messages.push_back(story_json(story, settings));
  Json deleted = Json::array();
  for (std::size_t i = 0; i < answer.deleted.size(); ++i) {
    const History::Span& span = answer.deleted[i];
    deleted.push_back({{"kind", span.kind},
                       {"name", answer.names[i]},
                       {span.kind == kPoolMessagesKind ? "messages" : "never_retried", span.total},
                       {"first_day", span.first.substr(0, span.first.find(' '))},
                       {"last_day", span.last.substr(0, span.last.find(' '))}});
  }
  const Json all{
      {"messages", messages},
      {"left_out", answer.left_out},
      {"at_once", answer.at_once},
      {"journal_since", answer.journal_since.empty() ? Json() : Json(rfc_3339(answer.journal_since))},
      {"deleted", deleted}};
  std::cout << all.text() << '\n';
}

}  // namespace

int why(const LoadedSettings& loaded, const WhyOptions& options) {
  const auto administration = open_administration(loaded.settings);
  const Answer found = answer(*administration, loaded.settings, options);
  if (options.json) {
    print_json(found, loaded.settings);
    return kDone;
  }
  const std::time_t now = time_of(administration->now()).value_or(0);
  for (const Story& story : found.late) {
    if (&story != &found.late.front()) std::cout << '\n';
    print_story(story, loaded.settings, now);
  }
  if (loaded.settings.observe && !found.late.empty())
    std::cout << "\nobserve=1: nothing is refused, the mail passes; this is what would be done\n";
  print_rest(found, options.word);
  return kDone;
}

}  // namespace greylisting::ctl
