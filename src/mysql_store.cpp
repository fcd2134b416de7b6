#include "mysql_store.h"

#include <algorithm>
#include <charconv>

#include "printable.h"
#include "sql.h"

namespace greylisting {
namespace {

// The width of mail_from and rcpt_to, which are there for people; what tells triplets apart is the key.
constexpr std::size_t kColumnWidth = 255;

// Printable ASCII, whatever the connection's and the column's character sets are.
std::string text_literal(std::string_view bytes) { return "_latin1 " + sql::literal(bytes); }

std::string address_literal(const Address& address) {
  return text_literal(printable(address.text()).substr(0, kColumnWidth));
}

std::string statements(const Attempt& attempt) {
  const Triplet& triplet = attempt.triplet;
  const TripletKey key = triplet.key();
  return sql::with_literals(sql::mysql_decide,
                            {
                                {"explicit", attempt.only_listed ? "1" : "0"},
                                {"networks", sql::network_literals(triplet.client)},
                                {"client", sql::literal(triplet.client.bytes())},
                                {"domain", text_literal(printable(triplet.recipient.domain()))},
                                {"triplet", sql::literal({key.data(), key.size()})},
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

// The columns of the last statement in decide.sql.
Decision decision_from(const MysqlConnection::Row& row) {
  const std::string verdict = row.at(0).value_or("");
  Decision decision;
  decision.entry = static_cast<std::uint64_t>(number(row.at(1)));
  if (verdict == "not-listed") {
    decision.reason = Reason::not_listed;
  } else if (verdict == "denied") {
    decision.reason = Reason::denied;
  } else if (verdict == "allowed") {
    decision.reason = Reason::allowed;
  } else {
    switch (number(row.at(2))) {
      case 2:
        decision.reason = Reason::early;
        break;
      case 3:
        decision.reason = Reason::retried;
        break;
      case 4:
        decision.reason = Reason::known;
        break;
      default:
        decision.reason = Reason::unseen;
        break;
    }
    decision.record = static_cast<std::uint64_t>(number(row.at(3)));
    decision.age = std::chrono::seconds(number(row.at(4)));
    if (decision.outcome() == Outcome::deferred) {
      // The last second of a block is still deferred.
      decision.left = std::chrono::seconds(std::max<std::int64_t>(0, number(row.at(5))) + 1);
    }
  }
  return decision;
}

}  // namespace

Decision MysqlStore::decide(const Attempt& attempt) {
  const auto rows = connection_.run_with_retry(statements(attempt));
  if (rows.size() != 1) throw StoreError("MySQL: the decision has no answer", "greylistctl check says more");
  return decision_from(rows.front());
}

}  // namespace greylisting
