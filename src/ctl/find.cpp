#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/command_line/argument.h"
#include "ctl/commands.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/json.h"
#include "ctl/print/progress.h"
#include "ctl/print/table.h"
#include "ctl/records/expected.h"
#include "ctl/records/first_passes.h"
#include "ctl/records/record_table.h"
#include "ctl/records/searched.h"
#include "host/journal.h"
#include "text/csv.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// So many records are held at a time, however many there are; a table has its head above as many.
constexpr std::size_t kAtOnce = 1000;

Network network_of(const std::string& text) {
  if (const auto network = searched_network(text)) return *network;
  refuse_network("--client: ", text);
}

RecordQuery query_of(const FindOptions& options, const Settings& settings, Administration& administration) {
  const sql::Dialect dialect = administration.dialect();
  RecordQuery query{
      .pending = options.pending, .passed = options.passed, .pools = options.pools, .limit = options.limit};
  if (!options.word.empty()) {
    query.client = searched_network(options.word);
    if (!query.client) query.either = condition_on_either(options.word, settings, dialect);
  }
  if (!options.client.empty()) {
    if (query.client) throw UsageError("two clients are named: leave out --client, or the word");
    query.client = network_of(options.client);
  }
  if (options.sender) query.sender = condition_on_sender(*options.sender, settings, dialect);
  if (options.recipient) query.recipient = condition_on_recipient(*options.recipient, settings, dialect);
  if (!options.since.empty()) query.since = moment_of("--since", options.since, administration.now());
  return query;
}

// A record, with what it does not say itself.
struct Found {
  Record record;
  std::string passed_at;  // as the stores have times; empty where it is not known
  std::optional<std::chrono::seconds> waited;
};

Cells cells(const Found& found, bool with_pools) {
  const Record& record = found.record;
  Cells cells{record.id,
              record.first_seen,
              record.client,
              shown_address(record.sender),
              shown_address(record.recipient),
              state(record),
              std::to_string(record.blocked),
              std::to_string(record.passed),
              found.passed_at.empty() ? "-" : found.passed_at,
              found.waited ? duration_text(*found.waited) : "-"};
  if (with_pools) cells.push_back(one_line(record.pool));
  return cells;
}

// The same for a narrow terminal, on which the addresses have a line of their own.
Cells first_line(const Found& found, const std::string& now) {
  const Record& record = found.record;
  std::string what = state(record);
  if (record.is_waiting()) {
    const auto left = time_of(record.block_expires).value_or(0) - time_of(now).value_or(0);
    what = "waiting, " + duration_text(std::chrono::seconds(std::max<std::time_t>(left, 0))) + " left";
  } else if (found.waited && !record.is_over) {
    what = "passed after " + duration_text(*found.waited);
  }
  return {record.id, record.first_seen, record.client, what};
}

// The one word of the state, without its time or number, which have columns of their own.
std::string_view state_word(const Record& record) {
  if (record.is_over) return "expired";
  if (record.is_blocked) return "waiting";
  return record.passed == 0 ? "may pass" : "passed";
}

Json json_of(const Found& found) {
  const Record& record = found.record;
  return {{"id", std::stoull(record.id)},
          {"first_seen", rfc_3339(record.first_seen)},
          {"last_seen", rfc_3339(record.last_seen)},
          {"client", record.client},
          {"sender", one_line(record.sender)},
          {"recipient", one_line(record.recipient)},
          {"pool", record.pool.empty() ? Json() : Json(one_line(record.pool))},
          {"state", state_word(record)},
          {"blocked_until", rfc_3339(record.block_expires)},
          {"over_from", rfc_3339(record.record_expires)},
          {"deferred", record.blocked},
          {"passed", record.passed},
          {"passed_at", found.passed_at.empty() ? Json() : Json(rfc_3339(found.passed_at))},
          {"waited", found.waited ? Json(found.waited->count()) : Json()}};
}

std::string csv_of(const Found& found) {
  const Record& record = found.record;
  return csv_record({record.id, record.first_seen, record.last_seen, record.client, one_line(record.sender),
                     one_line(record.recipient), one_line(record.pool), std::string(state_word(record)),
                     record.block_expires, record.record_expires, std::to_string(record.blocked),
                     std::to_string(record.passed), found.passed_at,
                     found.waited ? std::to_string(found.waited->count()) : ""});
}

// Writes records as they come, some at a time.
class Output {
 public:
  Output(const FindOptions& options, std::string now) : options_(options), now_(std::move(now)) {
    if (options.csv) {
      std::cout << csv_record({"id", "first_seen", "last_seen", "client", "sender", "recipient", "pool",
                               "state", "blocked_until", "over_from", "deferred", "passed", "passed_at",
                               "waited"});
    }
  }

  void write(const std::vector<Found>& records) {
    if (options_.json) {
      for (const Found& found : records) write_json(found);
    } else if (options_.csv) {
      for (const Found& found : records) std::cout << csv_of(found);
    } else if (!records.empty()) {
      write_table(records);
    }
    is_empty_ = is_empty_ && records.empty();
  }

  void end() const {
    if (options_.json) std::cout << (is_empty_ ? "[]\n" : "\n]\n");
    if (!options_.json && !options_.csv && is_empty_) std::cout << "There are no such records.\n";
  }

 private:
  // An element of an array, as nlohmann would write the whole of it.
  void write_json(const Found& found) {
    std::cout << (std::exchange(is_empty_, false) ? "[\n  " : ",\n  ");
    for (const char c : json_of(found).text()) {
      std::cout << c;
      if (c == '\n') std::cout << "  ";
    }
  }

  void write_table(const std::vector<Found>& records) const {
    std::vector<Cells> rows{{"id", "first seen (UTC)", "client", "sender", "recipient", "state", "deferred",
                             "passed", "passed at (UTC)", "waited"}};
    if (options_.pools) rows.front().emplace_back("pool");
    for (const Found& found : records) rows.push_back(cells(found, options_.pools));
    if (!is_empty_) std::cout << '\n';
    if (width_of(rows) <= width_for_tables(options_.wide)) {
      print_table(rows, {.is_wide = options_.wide});
    } else {
      write_narrow_table(records);
    }
  }

  void write_narrow_table(const std::vector<Found>& records) const {
    constexpr std::size_t kClient = 2;
    const std::size_t width = width_for_tables(false);
    std::vector<Cells> rows{{"id", "first seen (UTC)", "client", "state"}};
    for (const Found& found : records) rows.push_back(first_line(found, now_));
    const auto lines = table_lines(rows, {kClient}, width);
    std::cout << lines.front() << '\n';
    for (std::size_t i = 0; i < records.size(); ++i) {
      const Record& record = records[i].record;
      std::cout << lines[i + 1] << "\n  "
                << addresses_within(record.sender, record.recipient, std::max<std::size_t>(width, 24) - 2)
                << '\n';
      if (!record.pool.empty()) std::cout << "  from any client of " << one_line(record.pool) << '\n';
    }
  }

  const FindOptions& options_;
  std::string now_;
  bool is_empty_ = true;
};

std::vector<Found> with_passes(std::vector<Record> records, FirstPasses& passes) {
  std::vector<Found> found;
  found.reserve(records.size());
  for (Record& record : records) {
    const std::string passed_at = passes.of(record);
    const auto waited = ctl::waited(record, passed_at);
    found.push_back({std::move(record), passed_at, waited});
  }
  return found;
}

// Mail that is expected passes without a record: who looks for it finds why there is none.
void print_expected(Administration& administration, const RecordQuery& query, const FindOptions& options) {
  constexpr std::size_t kMost = 20;
  std::string condition;
  for (const std::string& each : {query.sender, query.recipient, query.either})
    if (!each.empty()) condition.append(condition.empty() ? "" : " AND ").append(each);
  if (condition.empty() || query.client || options.json || options.csv) return;
  const auto mail = expected_mail(administration, condition);
  if (mail.empty()) return;
  std::vector<Cells> rows{{"sender", "recipient", "expected until (UTC)"}};
  for (const ExpectedMail& each : std::span(mail).first(std::min(mail.size(), kMost)))
    rows.push_back({shown_address(each.sender), one_line(each.recipient), each.until});
  std::cout << "\nMail that is expected passes at once, and leaves no record:\n";
  print_table(rows, {.cut = {0, 1}, .is_wide = options.wide});
  if (mail.size() > kMost) std::cout << "and " << mail.size() - kMost << " more: greylistctl list expected\n";
}

// Not among what a program reads.
void say_that_there_may_be_more(const FindOptions& options) {
  const std::string which =
      options.limit == 1 ? "This is the newest one" : "These are the newest " + std::to_string(options.limit);
  std::cout.flush();
  (options.json || options.csv ? std::cerr << "greylistctl: " : std::cout)
      << which << "; there may be more: --limit\n";
}

}  // namespace

int find(const LoadedSettings& loaded, const FindOptions& options) {
  const auto administration = open_administration(loaded.settings);
  RecordTable table(*administration);
  const RecordQuery query = query_of(options, loaded.settings, *administration);
  const auto keys = table.newest(query);
  {
    std::optional<Progress> progress;
    if (isatty(STDOUT_FILENO) == 0) progress.emplace("writing records", keys.size());
    const Journal journal(loaded.settings);
    FirstPasses passes(journal);
    Output output(options, administration->now());
    for (std::span<const RecordTable::Key> rest = keys; !rest.empty();) {
      const auto some = rest.first(std::min(rest.size(), kAtOnce));
      output.write(with_passes(table.with_keys(some), passes));
      rest = rest.subspan(some.size());
      if (progress) progress->advance(some.size());
    }
    output.end();
  }
  if (keys.size() == options.limit) say_that_there_may_be_more(options);
  print_expected(*administration, query, options);
  return kDone;
}

}  // namespace greylisting::ctl
