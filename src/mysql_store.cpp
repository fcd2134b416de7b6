#include "mysql_store.h"

#include <charconv>

#include "printable.h"
#include "sql.h"
#include "verdict.h"

namespace greylisting {
namespace {

// The width of mail_from and rcpt_to, which are there for people; what tells triplets apart is the key.
constexpr std::size_t kColumnWidth = 255;

// Printable ASCII, whatever the connection's and the column's character sets are.
std::string text_literal(std::string_view bytes) { return "_latin1 " + sql::literal(bytes); }

std::string address_literal(const Address& address) {
  return text_literal(printable(address.text()).substr(0, kColumnWidth));
}

// What greylisting_data.id is in a new record.
std::uint64_t record_id(const TripletKey& key) {
  std::uint64_t first_bytes = 0;
  for (std::size_t i = 0; i < sizeof first_bytes; ++i)
    first_bytes = first_bytes << 8U | static_cast<unsigned char>(key[i]);
  return first_bytes >> 12U;
}

std::string statements(const Attempt& attempt) {
  const Triplet& triplet = attempt.triplet;
  const TripletKey key = triplet.key();
  return sql::with_literals(sql::mysql_decide,
                            {
                                {"explicit", attempt.only_listed ? "1" : "0"},
                                {"networks", sql::network_literals(triplet.client)},
                                {"client", sql::literal(triplet.client.bytes())},
                                {"network", sql::literal(triplet.network.first().bytes())},
                                {"max_pending", std::to_string(attempt.max_pending)},
                                {"domain", text_literal(printable(triplet.recipient.domain()))},
                                {"triplet", sql::literal({key.data(), key.size()})},
                                {"id", std::to_string(record_id(key))},
                                {"sender", address_literal(triplet.sender)},
                                {"recipient", address_literal(triplet.recipient)},
                                {"block_expire", std::to_string(attempt.block_expire.count())},
                                {"record_expire", std::to_string(attempt.record_expire.count())},
                                {"record_expire_good", std::to_string(attempt.record_expire_good.count())},
                            });
}

std::int64_t number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

}  // namespace

Decision MysqlStore::decide(const Attempt& attempt) {
  const auto rows = connection_.run_with_retry(statements(attempt));
  if (rows.size() != 1)
    throw StoreError("MySQL: the connection was lost within the answer",
                     "see whether the database is running and what its log says");
  const MysqlConnection::Row& row = rows.front();
  Decision decision = read_verdict(row.at(0).value_or(""), attempt);
  if (row.at(2)) {
    add_record(decision, {.state = number(row.at(1)),
                          .id = number(row.at(2)),
                          .age = number(row.at(3)),
                          .blocked_for = number(row.at(4))});
  }
  return decision;
}

}  // namespace greylisting
