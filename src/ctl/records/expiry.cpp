#include "ctl/records/expiry.h"

#include <functional>
#include <map>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "ctl/records/key_list.h"
#include "ctl/records/record_tally.h"

namespace greylisting::ctl {
namespace {

// As many messages are remembered while the records of one clean-up are compared: some 30 MB.
constexpr std::size_t kMostRemembered = 500000;

// Somebody has renewed a record between reading and deleting it.
struct Renewed {};

enum Column { key, client, sender, recipient, day, fate, columns };

const std::string& first_column(const Administration::Row& row) { return row.front(); }

}  // namespace

Expiry::Expiry(Administration& administration, const Settings& settings, unsigned slice)
    : administration_(administration),
      history_(administration),
      settings_(settings),
      slice_(slice),
      now_(administration.now()) {}

std::uint64_t Expiry::delete_records() {
  const std::string over = "record_expires <= " + sql::text_literal(now_, administration_.dialect());
  for (;;) {
    const auto records = administration_.ask(
        "SELECT HEX(triplet), HEX(relay_ip), mail_from, rcpt_to, SUBSTR(create_time, 1, 10), " +
            fate_of_record() + " FROM greylisting_data WHERE " + over + " ORDER BY record_expires LIMIT " +
            std::to_string(slice_),
        columns);
    if (records.empty()) return 0;
    std::string deletion = "DELETE FROM greylisting_data WHERE triplet IN (";
    deletion.append(key_list(records, first_column)).append(") AND ").append(over);
    const auto counts = settings_.history_expire.count() > 0 ? counted(records) : std::vector<HistoryRow>();
    try {
      administration_.transact([&] {
        administration_.ask(deletion);
        if (administration_.changed_rows() != records.size()) throw Renewed();
        history_.add(counts);
      });
      return records.size();
    } catch (const Renewed&) {
      // Once more, with what is over now.
    }
  }
}

std::vector<HistoryRow> Expiry::counted(const std::vector<Administration::Row>& records) {
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> counts;
  for (const auto& record : records) {
    if (record[fate].empty()) continue;
    const std::string period = record[day] + " 00:00:00";
    const auto count = [&](std::string_view kind, std::string_view name) {
      ++counts[{period, std::string(kind), std::string(name)}];
    };
    count(kRecordKind, record[fate]);
    if (record[fate] != kNeverRetried) continue;
    const std::string network = network_digits(record[client], settings_);
    count(kClientKind, network_text(network, settings_));
    count(kSenderDomainKind, domain_of(record[sender]));
    count(kRecipientKind, record[recipient]);

    if (!is_message(record[sender])) continue;
    const std::hash<std::string> hash;
    const auto [tried, is_first] =
        tried_from_.try_emplace(hash(message_of(record[sender], record[recipient])), hash(network));
    if (!is_first && tried->second != hash(network)) count(kPoolKind, domain_of(record[sender]));
    if (tried_from_.size() > kMostRemembered) tried_from_.clear();
  }
  std::vector<HistoryRow> rows;
  rows.reserve(counts.size());
  for (const auto& [name, count] : counts)
    rows.push_back(
        {.period = std::get<0>(name), .kind = std::get<1>(name), .name = std::get<2>(name), .total = count});
  return rows;
}

std::uint64_t Expiry::delete_clients() {
  const std::string over = "expires <= " + sql::text_literal(now_, administration_.dialect());
  const std::string keys =
      key_list(administration_.ask("SELECT HEX(client) FROM greylisting_clients WHERE " + over +
                                       " ORDER BY expires LIMIT " + std::to_string(slice_),
                                   1),
               first_column);
  if (keys.empty()) return 0;
  administration_.ask("DELETE FROM greylisting_clients WHERE client IN (" + keys + ") AND " + over);
  return administration_.changed_rows();
}

}  // namespace greylisting::ctl
