#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/json.h"
#include "ctl/print/progress.h"
#include "ctl/print/table.h"
#include "ctl/print/words.h"
#include "ctl/records/record_table.h"
#include "text/csv.h"

namespace greylisting::ctl {
namespace {

// So many records are held at a time, however many there are; a table has its head above as many.
constexpr std::size_t kAtOnce = 1000;

Network network_of(const std::string& text) {
  if (const auto network = Network::parse(text)) return *network;
  throw UsageError("--client: \"" + one_line(text) +
                   "\" is not an address or network: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32");
}

RecordQuery query_of(const FindOptions& options, const Settings& settings, Administration& administration) {
  const sql::Dialect dialect = administration.dialect();
  RecordQuery query{
      .pending = options.pending, .passed = options.passed, .pools = options.pools, .limit = options.limit};
  if (!options.client.empty()) query.client = network_of(options.client);
  if (options.sender) query.sender = condition_on_sender(*options.sender, settings, dialect);
  if (options.recipient) query.recipient = condition_on_recipient(*options.recipient, settings, dialect);
  if (!options.since.empty()) query.since = moment_of("--since", options.since, administration.now());
  return query;
}

std::string shown(const std::string& address) { return address.empty() ? "<>" : one_line(address); }

Cells cells(const Record& record, bool with_pools) {
  Cells cells{record.id,
              record.first_seen,
              record.client,
              shown(record.sender),
              shown(record.recipient),
              state(record),
              std::to_string(record.blocked),
              std::to_string(record.passed)};
  if (with_pools) cells.push_back(one_line(record.pool));
  return cells;
}

// The one word of the state, without its time or number, which have columns of their own.
std::string_view state_word(const Record& record) {
  if (record.is_over) return "expired";
  if (record.is_blocked) return "waiting";
  return record.passed == 0 ? "may pass" : "passed";
}

Json json_of(const Record& record) {
  return {{"id", std::stoull(record.id)},
          {"first_seen", record.first_seen},
          {"last_seen", record.last_seen},
          {"client", record.client},
          {"sender", one_line(record.sender)},
          {"recipient", one_line(record.recipient)},
          {"pool", record.pool.empty() ? Json() : Json(one_line(record.pool))},
          {"state", state_word(record)},
          {"blocked_until", record.block_expires},
          {"over_from", record.record_expires},
          {"deferred", record.blocked},
          {"passed", record.passed}};
}

std::string csv_of(const Record& record) {
  return csv_record({record.id, record.first_seen, record.last_seen, record.client, one_line(record.sender),
                     one_line(record.recipient), one_line(record.pool), std::string(state_word(record)),
                     record.block_expires, record.record_expires, std::to_string(record.blocked),
                     std::to_string(record.passed)});
}

// Writes records as they come, some at a time.
class Output {
 public:
  explicit Output(const FindOptions& options) : options_(options) {
    if (options.csv) {
      std::cout << csv_record({"id", "first_seen", "last_seen", "client", "sender", "recipient", "pool",
                               "state", "blocked_until", "over_from", "deferred", "passed"});
    }
  }

  void write(const std::vector<Record>& records) {
    if (options_.json) {
      for (const Record& record : records) write_json(record);
    } else if (options_.csv) {
      for (const Record& record : records) std::cout << csv_of(record);
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
  void write_json(const Record& record) {
    std::cout << (std::exchange(is_empty_, false) ? "[\n  " : ",\n  ");
    for (const char c : json_of(record).text()) {
      std::cout << c;
      if (c == '\n') std::cout << "  ";
    }
  }

  void write_table(const std::vector<Record>& records) const {
    std::vector<Cells> rows{
        {"id", "first seen", "client", "sender", "recipient", "state", "deferred", "passed"}};
    if (options_.pools) rows.front().emplace_back("pool");
    for (const Record& record : records) rows.push_back(cells(record, options_.pools));
    if (!is_empty_) std::cout << '\n';
    print_table(rows);
  }

  const FindOptions& options_;
  bool is_empty_ = true;
};

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
  const auto keys = table.newest(query_of(options, loaded.settings, *administration));
  {
    std::optional<Progress> progress;
    if (isatty(STDOUT_FILENO) == 0) progress.emplace("writing records", keys.size());
    Output output(options);
    for (std::span<const RecordTable::Key> rest = keys; !rest.empty();) {
      const auto some = rest.first(std::min(rest.size(), kAtOnce));
      output.write(table.with_keys(some));
      rest = rest.subspan(some.size());
      if (progress) progress->advance(some.size());
    }
    output.end();
  }
  if (keys.size() == options.limit) say_that_there_may_be_more(options);
  return kDone;
}

}  // namespace greylisting::ctl
