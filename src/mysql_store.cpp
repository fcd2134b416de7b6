#include "mysql_store.h"

#include "number.h"
#include "sql.h"
#include "verdict.h"

namespace greylisting {
namespace {

std::int64_t number(const std::optional<std::string>& text) {
  return text ? number_of<std::int64_t>(*text).value_or(0) : 0;
}

// The columns of sql/mysql/regexps.sql and of sql/mysql/answer.sql.
enum Regexp { entry, action, kind, pattern, reply };
enum Answer { verdict, state, id, age, blocked_for, idle, is_alone, answer_columns };

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

// What goes to the server in one packet, in this order: first it is judged, without a lock; then what the
// client has earned; then the record, in one statement that is its own transaction, as the only thing that
// must not be done twice, so that all of it can be run again after a deadlock.
struct Statements {
  std::string lists;
  std::string judge;
  std::string earn;
  std::string record;
};

Statements statements(const Attempt& attempt, const sql::Literals& literals) {
  Statements statements;
  statements.lists = sql::with_literals(sql::mysql_lists, literals);
  statements.judge = sql::with_literals(sql::mysql_judge, literals);
  for (const sql::Literals& identity : sql::identities_of(attempt, sql::Dialect::mysql))
    statements.earn += sql::with_literals(sql::mysql_earn, identity, literals);
  if (attempt.group_domain_level > 0)
    statements.earn += sql::with_literals(sql::mysql_fall_of_group, literals);
  const auto records = sql::records_of(attempt, sql::Dialect::mysql);
  statements.record = sql::with_literals(sql::mysql_record, one_or_both(records), literals);
  return statements;
}

std::string block(const std::string& statements) {
  return sql::quoted_literal("BEGIN NOT ATOMIC " + statements + " END");
}

std::string only_if(std::string_view condition, std::string_view statements) {
  return std::string("IF ").append(condition).append(" THEN ").append(statements).append(" END IF; ");
}

// MariaDB can leave out what does not matter, and what a triplet that has passed before does not need it does
// not even read.
std::string shortest(const Statements& statements, const sql::Literals& literals) {
  const std::string all = std::string(sql::mysql_used) + only_if("@has_lists", statements.lists) +
                          statements.judge + only_if("@event IS NOT NULL", statements.earn) +
                          only_if("@verdict LIKE 'greylist %'", statements.record) +
                          only_if("@has_regexps", sql::mysql_regexps) +
                          only_if("@verdict LIKE '%client%' OR @verdict LIKE 'trusted%'", sql::mysql_session);
  return sql::with_literals(sql::mysql_known, literals) +
         "EXECUTE IMMEDIATE IF(@is_known, IF(@is_countable, " +
         block("SET @event = 'pass';" + statements.earn) + ", 'DO 0'), " + block(all) + ");" +
         sql::with_literals(sql::mysql_known_again, literals);
}

std::string packet(const Attempt& attempt, bool is_mariadb, bool is_rehearsal) {
  const sql::Literals literals = sql::literals_of(attempt, sql::Dialect::mysql);
  const Statements each = statements(attempt, literals);
  const std::string all = is_mariadb && attempt.has_shortcut()
                              ? shortest(each, literals)
                              : each.lists + each.judge + each.earn + each.record +
                                    std::string(sql::mysql_regexps) + std::string(sql::mysql_session);
  const std::string answer(sql::mysql_answer);
  return is_rehearsal ? "START TRANSACTION;" + all + answer + "ROLLBACK;" : all + answer;
}

}  // namespace

Judgement MysqlStore::decide(const Attempt& attempt, bool is_rehearsal) {
  const auto rows = connection_.run_with_retry(packet(attempt, connection_.is_mariadb(), is_rehearsal));
  // The answer comes last, because the client library can take a lost connection for the end.
  if (rows.empty() || rows.back().size() != answer_columns)
    throw StoreError("MySQL: the connection was lost within the answer",
                     "see whether the database is running and what its log says");
  const MysqlConnection::Row& row = rows.back();
  Judgement judgement{.decision = read_verdict(row.at(verdict).value_or(""), attempt)};
  Decision& decision = judgement.decision;
  if (decision.reason == Reason::unseen) {
    add_record(decision, {.state = number(row.at(state)),
                          .id = number(row.at(id)),
                          .age = number(row.at(age)),
                          .blocked_for = number(row.at(blocked_for))});
  }
  decision.holds_for_session = decision.holds_for_session && number(row.at(is_alone)) != 0;
  if (row.at(idle)) judgement.idle = std::chrono::seconds(number(row[idle]));
  for (auto each = rows.begin(); each != rows.end() - 1; ++each) {
    judgement.regexps.push_back({.entry = "entries/" + each->at(entry).value_or(""),
                                 .denies = each->at(action) == "deny",
                                 .kind = each->at(kind).value_or(""),
                                 .pattern = each->at(pattern).value_or(""),
                                 .reply = each->at(reply).value_or("")});
  }
  return judgement;
}

Judgement MysqlStore::judge(const Attempt& attempt) { return decide(attempt, false); }

Judgement MysqlStore::rehearse(const Attempt& attempt) { return decide(attempt, true); }

void MysqlStore::withdraw(const Attempt& attempt, Reason from, Reason to) {
  connection_.run_with_retry(sql::with_literals(sql::mysql_withdraw, sql::withdrawal_of(from, to),
                                                sql::literals_of(attempt, sql::Dialect::mysql)));
}

}  // namespace greylisting
