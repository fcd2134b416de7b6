#include "mysql_store.h"

#include <charconv>

#include "sql.h"
#include "verdict.h"

namespace greylisting {
namespace {

std::int64_t number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// The columns of the last statement of sql/mysql/decide.sql.
enum Column {
  verdict,
  state,
  id,
  age,
  blocked_for,
  idle,
  for_session,
  reply,
  regexp,
  action,
  kind,
  pattern,
  own_reply
};

}  // namespace

Judgement MysqlStore::decide(const Attempt& attempt, std::string_view conclusion) {
  sql::Literals literals = sql::literals_of(attempt, sql::Dialect::mysql);
  literals.emplace_back("conclude", conclusion);
  const auto rows = connection_.run_with_retry(sql::with_literals(sql::mysql_decide, literals));
  if (rows.empty())
    throw StoreError("MySQL: the connection was lost within the answer",
                     "see whether the database is running and what its log says");
  const MysqlConnection::Row& row = rows.front();
  Judgement judgement{.decision = read_verdict(row.at(verdict).value_or(""), attempt)};
  judgement.decision.reply = row.at(reply).value_or("");
  if (row.at(id)) {
    add_record(judgement.decision, {.state = number(row[state]),
                                    .id = number(row[id]),
                                    .age = number(row[age]),
                                    .blocked_for = number(row[blocked_for])});
  }
  judgement.decision.holds_for_session = number(row[for_session]) != 0;
  if (row[idle]) judgement.idle = std::chrono::seconds(number(row[idle]));
  for (const MysqlConnection::Row& each : rows) {
    if (!each.at(regexp)) continue;
    judgement.regexps.push_back({.entry = "entries/" + *each[regexp],
                                 .denies = each[action] == "deny",
                                 .kind = each[kind].value_or(""),
                                 .pattern = each[pattern].value_or(""),
                                 .reply = each[own_reply].value_or("")});
  }
  return judgement;
}

Judgement MysqlStore::judge(const Attempt& attempt) { return decide(attempt, "COMMIT"); }

Judgement MysqlStore::rehearse(const Attempt& attempt) { return decide(attempt, "ROLLBACK"); }

void MysqlStore::withdraw(const Attempt& attempt, Reason from, Reason to) {
  sql::Literals literals = sql::literals_of(attempt, sql::Dialect::mysql);
  literals.emplace_back("denied", to == Reason::denied ? "1" : "0");
  literals.emplace_back("untrap", from == Reason::trap ? "1" : "0");
  connection_.run_with_retry(sql::with_literals(sql::mysql_withdraw, literals));
}

}  // namespace greylisting
