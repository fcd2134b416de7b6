#include "ctl/records/record_table.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "ctl/commands.h"
#include "ctl/print/table.h"
#include "ctl/records/searched.h"
#include "lists/entry.h"
#include "store/statements.h"
#include "text/ascii.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::chrono::seconds kAMoment{1};
constexpr std::size_t kAddressWidth = 255;  // of mail_from and rcpt_to
constexpr std::size_t kMaxDigits = 18;      // of a number that both stores can hold
constexpr std::size_t kKeysAtOnce = 500;

unsigned long number(const std::string& text) { return number_of<unsigned long>(text).value_or(0); }

// What LIKE would take for more than itself is marked by an exclamation mark.
std::string escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') escaped += '!';
    escaped += c;
  }
  return escaped;
}

class Condition {
 public:
  Condition(std::string column, const Settings& settings, sql::Dialect dialect)
      : column_(std::move(column)), fingerprinter_(settings.privacy_key), dialect_(dialect) {}

  std::string is(const Address& address) const {
    return column_ + " = " + literal(fingerprinter_.stored(address).substr(0, kAddressWidth));
  }
  std::string is_like(const std::string& pattern) const {
    return column_ + " LIKE " + literal(pattern) + " ESCAPE '!'";
  }
  // An address without a domain, as postmaster, is all that is said of it.
  std::string is_at(const Address& any) const {
    const std::string domain = escaped(fingerprinter_.stored_domain(any.domain()));
    return '(' + is_like("%@" + domain) + " OR " + is_like("%." + domain) + " OR " +
           is(Address::recipient(any.domain())) + ')';
  }

 private:
  std::string literal(const std::string& text) const { return sql::text_literal(text, dialect_); }

  std::string column_;
  Fingerprinter fingerprinter_;
  sql::Dialect dialect_;
};

std::string condition(const Condition& column, const Searched& searched, Address (*read)(std::string_view)) {
  switch (searched.by) {
    case Searched::By::address:
      break;
    case Searched::By::domain:
      return column.is_at(read(searched.text));
    case Searched::By::mailbox:
      return column.is_like(escaped(printable(mailbox(searched, read))) + '%');
    case Searched::By::part:
      return column.is_like('%' + escaped(printable(searched.text)) + '%');
  }
  return column.is(read(searched.text));
}

std::vector<std::string> key_literals(const std::vector<Record>& records) {
  std::vector<std::string> keys;
  keys.reserve(records.size());
  for (const Record& record : records) keys.push_back("x'" + record.key + '\'');
  return keys;
}

}  // namespace

std::string address_of(const std::string& digits) {
  std::string text;
  if (digits.size() == 8) {
    for (std::size_t i = 0; i < digits.size(); i += 2)
      text.append(i == 0 ? "" : ".").append(std::to_string(std::stoul(digits.substr(i, 2), nullptr, 16)));
  } else {
    for (std::size_t i = 0; i < digits.size(); i += 4)
      text.append(i == 0 ? "" : ":").append(digits.substr(i, 4));
  }
  const auto address = IpAddress::parse(text);
  return address ? address->text() : "";
}

std::string state(const Record& record) {
  if (record.is_over) return "expired";
  if (record.is_blocked) return "waiting until " + record.block_expires;
  if (record.passed == 0) return "may pass";
  return record.passed == 1 ? "passed once" : "passed " + std::to_string(record.passed) + " times";
}

std::string text(const Record& record) {
  return "record " + record.id + ": " +
         (record.pool.empty() ? record.client : "any client of " + one_line(record.pool)) + ' ' +
         shown_address(record.sender) + " -> " + one_line(record.recipient);
}

bool is_record_id(const std::string& word) { return word.size() <= kMaxDigits && ascii::is_digits(word); }

std::string no_record(const std::string& id) {
  return "greylistctl: there is no record " + id + "; greylistctl find shows those there are\n";
}

std::string condition_on_sender(const std::string& what, const Settings& settings, sql::Dialect dialect) {
  return condition(Condition("mail_from", settings, dialect), Searched::of(what, settings, false),
                   Address::sender);
}

std::string condition_on_recipient(const std::string& what, const Settings& settings, sql::Dialect dialect) {
  return condition(Condition("rcpt_to", settings, dialect), Searched::of(what, settings, false),
                   Address::recipient);
}

std::string condition_on_either(const std::string& word, const Settings& settings, sql::Dialect dialect) {
  const Searched searched = Searched::of(word, settings, true);
  return '(' + condition(Condition("mail_from", settings, dialect), searched, Address::sender) + " OR " +
         condition(Condition("rcpt_to", settings, dialect), searched, Address::recipient) + ')';
}

std::vector<RecordTable::Key> RecordTable::newest(const RecordQuery& query) {
  std::string conditions;
  const auto require = [&conditions](const std::string& condition) {
    conditions.append(conditions.empty() ? " WHERE " : " AND ").append(condition);
  };
  if (query.client) {
    require("relay_ip BETWEEN " + sql::literal(query.client->first().bytes()) + " AND " +
            sql::literal(query.client->last().bytes()));
    require("LENGTH(relay_ip) = " + std::to_string(query.client->first().bytes().size()));
  }
  if (!query.sender.empty()) require(query.sender);
  if (!query.recipient.empty()) require(query.recipient);
  if (!query.either.empty()) require(query.either);
  if (query.pending) require("passed_count = 0 AND record_expires > :now");
  if (query.passed) require("passed_count > 0");
  if (!query.pools) require("pool IS NULL");
  if (!query.since.empty()) require("create_time >= " + literal(query.since));
  if (!query.seen_since.empty()) require("last_update >= " + literal(query.seen_since));
  // No index is in this order, so that all records that fit have to be sorted: by their keys alone.
  std::vector<Key> keys;
  administration_.read("SELECT HEX(triplet) FROM greylisting_data" + conditions +
                           " ORDER BY create_time DESC, id DESC LIMIT " + std::to_string(query.limit),
                       1, [&keys](const Administration::Row& row) {
                         if (row[0].size() == Key().size())
                           std::ranges::copy(row[0], keys.emplace_back().begin());
                       });
  return keys;
}

std::vector<Record> RecordTable::with_keys(std::span<const Key> keys) {
  std::string list;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const Key& key : keys) {
    const std::string_view digits(key.data(), key.size());
    list.append(list.empty() ? "x'" : ", x'").append(digits).append("'");
    places.emplace(digits, places.size());
  }
  if (list.empty()) return {};
  auto found = records(" WHERE triplet IN (" + list + ')');
  std::ranges::sort(found, {}, [&places](const Record& record) { return places.at(record.key); });
  return found;
}

std::vector<Record> RecordTable::of(const Attempt& attempt) {
  const auto literals = sql::keys_of(attempt, administration_.dialect());
  auto found = records(sql::with_literals(" WHERE triplet IN (:triplets)", literals));
  std::ranges::sort(found, {}, &Record::pool);
  return found;
}

std::vector<Record> RecordTable::beside(const Attempt& attempt) {
  const sql::Dialect dialect = administration_.dialect();
  return others(sql::stored_sender(attempt, dialect), sql::stored_recipient(attempt, dialect),
                sql::with_literals(":triplets", sql::keys_of(attempt, dialect), {}));
}

std::vector<Record> RecordTable::beside(const std::vector<Record>& records) {
  return others(literal(records.front().sender), literal(records.front().recipient),
                sql::list_of(key_literals(records)));
}

// Of literals.
std::vector<Record> RecordTable::others(const std::string& sender, const std::string& recipient,
                                        const std::string& keys) {
  return records(" WHERE mail_from = " + sender + " AND rcpt_to = " + recipient +
                 " AND pool IS NULL AND triplet NOT IN (" + keys + ") ORDER BY create_time LIMIT 10");
}

std::vector<Record> RecordTable::of_pairs(const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (pairs.empty()) return {};
  std::string conditions;
  for (const auto& [sender, recipient] : pairs)
    conditions += (conditions.empty() ? " WHERE (mail_from = " : " OR (mail_from = ") + literal(sender) +
                  " AND rcpt_to = " + literal(recipient) + ')';
  return records(conditions + " ORDER BY create_time, id");
}

std::vector<Record> RecordTable::numbered(const std::string& id) {
  auto found = records(" WHERE id = " + id);
  if (found.size() != 1 || !found[0].pool.empty()) return found;
  for (Record& record : records(" WHERE pool IS NOT NULL AND mail_from = " + literal(found[0].sender) +
                                " AND rcpt_to = " + literal(found[0].recipient)))
    found.push_back(std::move(record));
  return found;
}

// One statement for all records of the attempt. Every condition reads record_expires as it was: it is set
// last.
void RecordTable::let_pass(const Attempt& attempt) {
  const bool is_mysql = administration_.dialect() == sql::Dialect::mysql;
  const std::string time = administration_.now();
  const sql::Dialect dialect = administration_.dialect();
  const std::string client = sql::literal(attempt.triplet.client.bytes());
  std::string rows;
  for (const sql::RecordKey& record : sql::records_of(attempt, dialect)) {
    rows += (rows.empty() ? "(" : ", (") + record.key + ", " + (is_mysql ? record.id + ", " : "") + client +
            ", " + record.pool + ", " + sql::stored_sender(attempt, dialect) + ", " +
            sql::stored_recipient(attempt, dialect) + ", " + literal(later(time, -kAMoment)) + ", " +
            literal(later(time, attempt.record_expire)) + ", 0, 0)";
  }

  const auto of_new = [dialect](const std::string& column) { return sql::inserted(column, dialect); };
  std::string changes;
  const auto anew_if_over = [&changes](const std::string& column, const std::string& anew) {
    changes.append(column + " = CASE WHEN record_expires <= :now THEN " + anew + " ELSE " + column +
                   " END, ");
  };
  anew_if_over("relay_ip", of_new("relay_ip"));
  anew_if_over("pending_network", "NULL");
  anew_if_over("create_time", "CURRENT_TIMESTAMP");
  anew_if_over("blocked_count", "0");
  anew_if_over("passed_count", "0");
  // This is not a sign of the client's. What has come to deny it since its last is still asked when it
  // retries.
  anew_if_over("last_update", "CURRENT_TIMESTAMP");
  changes += "block_expires = CASE WHEN record_expires <= :now OR block_expires >= :now THEN " +
             of_new("block_expires") +
             " ELSE block_expires END, record_expires = CASE WHEN record_expires <= " + ":now THEN " +
             of_new("record_expires") + " ELSE record_expires END";

  administration_.ask(std::string("INSERT INTO greylisting_data (triplet, ") + (is_mysql ? "id, " : "") +
                      "relay_ip, pool, mail_from, rcpt_to, block_expires, record_expires, blocked_count, "
                      "passed_count) VALUES " +
                      rows + ' ' + sql::on_conflict("triplet", dialect) + ' ' + changes);
}

void RecordTable::let_pass(const std::vector<Record>& records) {
  administration_.ask(
      "UPDATE greylisting_data SET block_expires = " + literal(later(administration_.now(), -kAMoment)) +
      ", last_update = last_update WHERE triplet IN (" + sql::list_of(key_literals(records)) +
      ") AND block_expires >= :now AND record_expires > :now");
}

std::uint64_t RecordTable::end(const std::vector<std::string>& keys) {
  std::uint64_t ended = 0;
  for (auto first = keys.begin(); first != keys.end();) {
    const auto last = first + std::min<std::ptrdiff_t>(keys.end() - first, kKeysAtOnce);
    std::vector<std::string> some;
    for (; first != last; ++first) some.push_back("x'" + *first + '\'');
    administration_.ask(
        "UPDATE greylisting_data SET record_expires = :now, pending_network = NULL, "
        "blocked_count = CASE WHEN passed_count = 0 THEN 0 ELSE blocked_count END "
        "WHERE record_expires > :now AND triplet IN (" +
        sql::list_of(some) + ')');
    ended += administration_.changed_rows();
  }
  return ended;
}

std::vector<std::string> RecordTable::keys_from(const Network& network) {
  std::vector<std::string> keys;
  for (Administration::Row& row : administration_.ask(
           "SELECT HEX(triplet) FROM greylisting_data WHERE relay_ip BETWEEN " +
               sql::literal(network.first().bytes()) + " AND " + sql::literal(network.last().bytes()) +
               " AND LENGTH(relay_ip) = " + std::to_string(network.first().bytes().size()) +
               " AND record_expires > :now",
           1))
    keys.push_back(std::move(row[0]));
  return keys;
}

std::vector<Record> RecordTable::records(const std::string& clauses) {
  std::vector<Record> records;
  for (Administration::Row& row : administration_.ask(
           "SELECT id, LOWER(HEX(relay_ip)), mail_from, rcpt_to, pool, create_time, last_update, "
           "block_expires, record_expires, blocked_count, passed_count, block_expires >= :now, "
           "record_expires <= :now, HEX(triplet) FROM greylisting_data" +
               clauses,
           14)) {
    records.push_back({.id = std::move(row[0]),
                       .client = address_of(row[1]),
                       .sender = std::move(row[2]),
                       .recipient = std::move(row[3]),
                       .pool = std::move(row[4]),
                       .first_seen = std::move(row[5]),
                       .last_seen = std::move(row[6]),
                       .block_expires = std::move(row[7]),
                       .record_expires = std::move(row[8]),
                       .blocked = number(row[9]),
                       .passed = number(row[10]),
                       .is_blocked = row[11] == "1",
                       .is_over = row[12] == "1",
                       .key = std::move(row[13])});
  }
  return records;
}

}  // namespace greylisting::ctl
