#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/json.h"
#include "ctl/print/table.h"
#include "ctl/print/words.h"
#include "ctl/records/record_table.h"
#include "text/csv.h"

namespace greylisting::ctl {
namespace {

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

void print_for_people(const std::vector<Record>& records, const FindOptions& options) {
  if (records.empty()) {
    std::cout << "There are no such records.\n";
    return;
  }
  std::vector<Cells> rows{
      {"id", "first seen", "client", "sender", "recipient", "state", "deferred", "passed"}};
  if (options.pools) rows.front().emplace_back("pool");
  for (const Record& record : records) rows.push_back(cells(record, options.pools));
  print_table(rows);
}

// The one word of the state, without its time or number, which have columns of their own.
std::string_view state_word(const Record& record) {
  if (record.is_over) return "expired";
  if (record.is_blocked) return "waiting";
  return record.passed == 0 ? "may pass" : "passed";
}

void print_json(const std::vector<Record>& records) {
  Json array = Json::array();
  for (const Record& record : records) {
    array.push_back({{"id", std::stoull(record.id)},
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
                     {"passed", record.passed}});
  }
  std::cout << array.text() << '\n';
}

void print_csv(const std::vector<Record>& records) {
  std::cout << csv_record({"id", "first_seen", "last_seen", "client", "sender", "recipient", "pool", "state",
                           "blocked_until", "over_from", "deferred", "passed"});
  for (const Record& record : records) {
    std::cout << csv_record({record.id, record.first_seen, record.last_seen, record.client,
                             one_line(record.sender), one_line(record.recipient), one_line(record.pool),
                             std::string(state_word(record)), record.block_expires, record.record_expires,
                             std::to_string(record.blocked), std::to_string(record.passed)});
  }
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
  const auto records = RecordTable(*administration).find(query_of(options, loaded.settings, *administration));
  if (options.json) {
    print_json(records);
  } else if (options.csv) {
    print_csv(records);
  } else {
    print_for_people(records, options);
  }
  if (records.size() == options.limit) say_that_there_may_be_more(options);
  return kDone;
}

}  // namespace greylisting::ctl
