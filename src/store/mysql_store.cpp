#include "store/mysql_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "judgement/verdict.h"
#include "store/sql.h"
#include "text/number.h"

namespace greylisting {
namespace {

std::int64_t number(const std::optional<std::string>& text) {
  return text ? number_of<std::int64_t>(*text).value_or(0) : 0;
}

// The columns of sql/mysql/regexps.sql and of sql/mysql/answer.sql.
enum Regexp { entry, action, kind, pattern, reply };
enum Answer { verdict, state, id, age, blocked_for, is_alone, answer_columns };

// The words of sql/mysql/record.sql for one record, or for two, which are rows of a table then.
sql::Literals one_or_both(const std::vector<sql::Literals>& records) {
  sql::Literals literals = records.front();
  if (records.size() == 1) {
    literals.emplace_back("records", "DUAL");
    return literals;
  }
  std::string rows;
  for (const sql::Literals& record : records) {
    rows += rows.empty() ? "(SELECT " : " UNION ALL SELECT ";
    for (const auto& [word, literal] : record)
      rows.append(&word == &record.front().first ? "" : ", ").append(literal).append(" AS ").append(word);
  }
  for (auto& [word, literal] : literals) literal = word;
  literals.emplace_back("records", rows + ") AS records");
  return literals;
}

// What MySQL does not have outside a stored routine, and MariaDB does.
class Compound {
 public:
  explicit Compound(bool is_mariadb) : is_mariadb_(is_mariadb) {}

  // Answered at once, and with a stop in it what is behind it is not even read.
  std::string block(const std::string& statements) const {
    return is_mariadb_ ? "BEGIN NOT ATOMIC " + statements + "END;" : statements;
  }

  std::string lists(const std::string& statements) const {
    return is_mariadb_ ? std::string(sql::mysql_used) + only_if("@has_lists", statements) : statements;
  }

  std::string only_if(const std::string& condition, const std::string& statements) const {
    return is_mariadb_ ? "IF " + condition + " THEN " + statements + "END IF;" : statements;
  }

 private:
  bool is_mariadb_;
};

// What goes to the server in one packet, in this order: what the triplet and its client have behind them,
// where the shortcut ends it; then it is judged, without a lock; then what the client has earned; then the
// record, in one statement that is its own transaction, as the only thing that holds its lock; the answer,
// where most end; what few need. The server reads no further than to the answer (kStop).
std::string packet(const Attempt& attempt, const Compound& compound) {
  const sql::Literals literals = sql::literals_of(attempt, sql::Dialect::mysql);
  const auto text = [&literals](std::string_view part) { return sql::with_literals(part, literals); };
  const bool has_groups = attempt.group_domain_level > 0;
  std::string earn;
  for (const sql::Literals& identity : sql::identities_of(attempt, sql::Dialect::mysql))
    earn += sql::with_literals(sql::mysql_earn, identity, literals);
  if (has_groups) earn += text(sql::mysql_fall_of_group);
  const auto records = sql::records_of(attempt, sql::Dialect::mysql);

  return compound.block(text(sql::mysql_known) + text(sql::mysql_known_again)) +
         compound.block(compound.lists(text(sql::mysql_lists)) + (has_groups ? text(sql::mysql_group) : "") +
                        text(sql::mysql_judge) + compound.only_if("@event IS NOT NULL", earn) +
                        sql::with_literals(sql::mysql_record, one_or_both(records), literals) +
                        std::string(sql::mysql_answer)) +
         std::string(sql::mysql_regexps) + std::string(sql::mysql_session) + std::string(sql::mysql_answer);
}

// All rows but the last, which is the answer.
std::vector<StoredRegexp> regexps(const std::vector<MysqlConnection::Row>& rows) {
  std::vector<StoredRegexp> regexps;
  for (auto each = rows.begin(); each != rows.end() - 1; ++each) {
    regexps.push_back({.entry = "entries/" + each->at(entry).value_or(""),
                       .denies = each->at(action) == "deny",
                       .kind = each->at(kind).value_or(""),
                       .pattern = each->at(pattern).value_or(""),
                       .reply = each->at(reply).value_or("")});
  }
  return regexps;
}

}  // namespace

Judgement MysqlStore::decide(const Attempt& attempt, const std::string& beginning) {
  const auto rows = connection_.run_with_retry(
      beginning + packet(attempt, Compound(connection_.is_mariadb())), MysqlConnection::kStop);
  // Whatever has ended it, nothing is decided without an answer, which comes last.
  if (rows.empty() || rows.back().size() != answer_columns)
    throw StoreError("MySQL: the connection was lost within the answer",
                     "see whether the database is running and what its log says");
  const MysqlConnection::Row& row = rows.back();
  const std::string said = row.at(verdict).value_or("");
  if (auto [asks, version] = asked_by(said); asks != Asked::nothing)
    return {.asks = asks, .regexps = regexps(rows), .lists_version = std::move(version)};
  Decision decision = read_verdict(said, attempt);
  const std::int64_t left = number(row.at(blocked_for));
  if (decision.reason == Reason::unseen) {
    add_record(decision, {.state = number(row.at(state)),
                          .id = number(row.at(id)),
                          .age = number(row.at(age)),
                          .blocked_for = left});
  }
  add_wait(decision, left);
  decision.holds_for_session = decision.holds_for_session && number(row.at(is_alone)) != 0;
  return {.decision = decision};
}

Judgement MysqlStore::judge(const Attempt& attempt) { return decide(attempt, ""); }

Judgement MysqlStore::rehearse(const Attempt& attempt) {
  Judgement judgement = decide(attempt, "START TRANSACTION;");
  connection_.run("ROLLBACK");
  return judgement;
}

}  // namespace greylisting
