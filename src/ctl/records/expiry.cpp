#include "ctl/records/expiry.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "ctl/records/key_list.h"
#include "ctl/records/moved_messages.h"
#include "ctl/records/record_tally.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

using Counted = CountedRecord::Column;
using Row = Administration::Row;
using Clock = std::chrono::steady_clock;

// For so many at once the others of their senders are looked for: SQLite reads through all records for it.
constexpr std::size_t kLookAhead = 20000;

// Somebody has renewed a record between reading and deleting it.
struct Renewed {};

const std::string& record_key(const Row& row) { return row[Counted::key]; }
const std::string& first_column(const Row& row) { return row.front(); }

std::string day_of(std::string_view time) { return date_of(time) + " 00:00:00"; }

std::vector<HistoryRow> rows_of(const MovedMessage& message, std::string_view sender) {
  const HistoryRow like{
      .period = day_of(stored_time(message.first)), .kind = "", .name = std::string(domain_of(sender))};
  std::vector<HistoryRow> rows;
  for (const auto& [kind, total] :
       {std::pair(kPoolMessagesKind, std::uint64_t{1}), std::pair(kPoolKind, message.in_vain),
        std::pair(kPoolNetworksKind, message.networks),
        std::pair(kPoolWaitKind, static_cast<std::uint64_t>(message.wait.count()))}) {
    HistoryRow& row = rows.emplace_back(like);
    row.kind = kind;
    row.total = total;
  }
  return rows;
}

}  // namespace

Expiry::Expiry(Administration& administration, const Settings& settings)
    : administration_(administration),
      history_(administration),
      settings_(settings),
      now_(administration.now()) {}

std::string Expiry::over() const {
  return "record_expires <= " + sql::text_literal(now_, administration_.dialect());
}

std::vector<Row> Expiry::next_records() {
  return administration_.ask("SELECT " + CountedRecord::selected(now_, administration_.dialect()) +
                                 " FROM greylisting_data WHERE " + over() +
                                 " ORDER BY record_expires LIMIT " + std::to_string(kLookAhead) + " OFFSET " +
                                 std::to_string(left_),
                             Counted::columns);
}

// Those that may be of the same messages. MySQL goes from each sender to its records by an index; SQLite has
// none, and CROSS has it go through the records, and look for the sender of each.
std::vector<Row> Expiry::others_of_their_senders(const std::vector<Row>& records) {
  const auto& [oldest, newest] =
      std::ranges::minmax(records, {}, [](const Row& row) { return row[Counted::first]; });
  const auto time = [this](const Row& row, std::chrono::hours by) {
    return sql::text_literal(later(row[Counted::first], by), administration_.dialect());
  };
  return administration_.ask(
      "SELECT " + CountedRecord::selected(now_, administration_.dialect()) +
          " FROM greylisting_data CROSS JOIN (SELECT DISTINCT mail_from AS sender FROM greylisting_data "
          "WHERE "
          "triplet IN (" +
          key_list(records, record_key) +
          ")) AS expired ON mail_from = sender WHERE pool IS NULL AND create_time >= " +
          time(oldest, std::chrono::hours(-24)) +
          " AND create_time <= " + time(newest, std::chrono::hours(24)),
      Counted::columns);
}

Expiry::Moved Expiry::look_for_moved(const std::vector<Row>& records) {
  std::vector<Row> failed;
  std::ranges::copy_if(records, std::back_inserter(failed), [](const Row& row) {
    return !row[Counted::fate].empty() && row[Counted::fate] != kPassed && !row[Counted::sender].empty();
  });
  if (failed.empty() || settings_.history_expire.count() == 0) return {};
  std::deque<Trial> trials;
  std::unordered_map<std::string, Row> over;  // of those that have failed, by id
  for (Row& row : others_of_their_senders(failed)) {
    const auto trial = trial_of(row, settings_);
    if (!trial) continue;
    trials.push_back(*trial);
    if (!trial->has_passed && !trial->is_undecided) over[row[Counted::id]] = std::move(row);
  }
  Moved moved;
  for (const MovedMessage& message : moved_messages(trials)) {
    Unit unit;
    for (const std::uint64_t record : message.failed) {
      const auto found = over.find(std::to_string(record));
      if (found == over.end()) continue;
      (message.is_undecided ? moved.undecided : moved.decided).insert(found->first);
      unit.records.push_back(std::move(found->second));
    }
    if (message.is_undecided || unit.records.empty()) continue;
    unit.message = rows_of(message, unit.records.front()[Counted::sender]);
    moved.messages.push_back(std::move(unit));
  }
  return moved;
}

void Expiry::look_ahead() {
  for (;;) {
    std::vector<Row> records = next_records();
    if (records.empty()) return;
    Moved moved = look_for_moved(records);
    for (Row& record : records) {
      const std::string& id = record[Counted::id];
      if (moved.undecided.contains(id)) {
        ++left_;
      } else if (!moved.decided.contains(id)) {
        units_.push_back({.records = {std::move(record)}});
      }
    }
    std::ranges::move(moved.messages, std::back_inserter(units_));
    if (!units_.empty()) return;
  }
}

Expiry::Slice Expiry::delete_records(std::size_t most) {
  if (units_.empty()) look_ahead();
  std::vector<Unit> units;
  std::vector<std::string> keys;
  for (; !units_.empty() && keys.size() < most; units_.pop_front()) {
    units.push_back(std::move(units_.front()));
    std::ranges::transform(units.back().records, std::back_inserter(keys), record_key);
  }
  while (!keys.empty()) {
    const auto counts = settings_.history_expire.count() > 0 ? counted(units) : std::vector<HistoryRow>();
    const auto begin = Clock::now();
    try {
      administration_.transact([&] {
        administration_.ask("DELETE FROM greylisting_data WHERE triplet IN (" + key_list(keys) + ") AND " +
                            over());
        if (administration_.changed_rows() != keys.size()) throw Renewed();
        history_.add(counts);
      });
      return {keys.size(), Clock::now() - begin};
    } catch (const Renewed&) {
      keys = leave_out_renewed(units);
    }
  }
  // Nothing was left, or all of it was renewed.
  return units.empty() ? Slice() : delete_records(most);
}

// What is left of a message whose record was renewed waits for the next clean-up.
std::vector<std::string> Expiry::leave_out_renewed(std::vector<Unit>& units) {
  std::vector<std::string> keys;
  for (const Unit& unit : units) std::ranges::transform(unit.records, std::back_inserter(keys), record_key);
  std::unordered_set<std::string> still;
  for (Row& row : administration_.ask("SELECT HEX(triplet) FROM greylisting_data WHERE triplet IN (" +
                                          key_list(keys) + ") AND " + over(),
                                      1))
    still.insert(std::move(row[0]));
  std::erase_if(units, [&](const Unit& unit) {
    return !std::ranges::all_of(unit.records,
                                [&](const Row& row) { return still.contains(record_key(row)); });
  });
  keys.clear();
  for (const Unit& unit : units) std::ranges::transform(unit.records, std::back_inserter(keys), record_key);
  return keys;
}

std::vector<HistoryRow> Expiry::counted(const std::vector<Unit>& units) const {
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> counts;
  std::vector<HistoryRow> rows;
  // Whose mail came from several networks is told by its own rows, apart from who never came back.
  const auto count = [&](const Row& record, bool has_moved) {
    if (record[Counted::fate].empty()) return;
    const std::string period = day_of(record[Counted::first]);
    const auto add = [&](std::string_view kind, std::string_view name) {
      ++counts[{period, std::string(kind), std::string(name)}];
    };
    add(kRecordKind, record[Counted::fate]);
    if (const std::string_view domain = recipient_domain_of(record[Counted::recipient]); !domain.empty())
      add(kToRecordKind, std::string(domain).append(" ").append(record[Counted::fate]));
    if (record[Counted::fate] != kNeverRetried || has_moved) return;
    add(kClientKind, network_text(network_digits(record[Counted::client], settings_), settings_));
    add(kSenderDomainKind, domain_of(record[Counted::sender]));
    add(kRecipientKind, record[Counted::recipient]);
  };
  for (const Unit& unit : units) {
    for (const Row& record : unit.records) count(record, !unit.message.empty());
    std::ranges::copy(unit.message, std::back_inserter(rows));
  }
  for (const auto& [name, total] : counts)
    rows.push_back(
        {.period = std::get<0>(name), .kind = std::get<1>(name), .name = std::get<2>(name), .total = total});
  return rows;
}

Expiry::Slice Expiry::delete_clients(std::size_t most) {
  return delete_rows_of("greylisting_clients", "client", most);
}

Expiry::Slice Expiry::delete_expected(std::size_t most) {
  return delete_rows_of("greylisting_expected", "expected", most);
}

Expiry::Slice Expiry::delete_rows_of(const std::string& table, const std::string& key, std::size_t most) {
  const std::string are_over = "expires <= " + sql::text_literal(now_, administration_.dialect());
  const std::string keys =
      key_list(administration_.ask("SELECT HEX(" + key + ") FROM " + table + " WHERE " + are_over +
                                       " ORDER BY expires LIMIT " + std::to_string(most),
                                   1),
               first_column);
  if (keys.empty()) return {};
  const auto begin = Clock::now();
  administration_.ask("DELETE FROM " + table + " WHERE " + key + " IN (" + keys + ") AND " + are_over);
  return {administration_.changed_rows(), Clock::now() - begin};
}

}  // namespace greylisting::ctl
