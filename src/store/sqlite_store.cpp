#include "store/sqlite_store.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "judgement/verdict.h"
#include "store/sql.h"

namespace greylisting {
namespace {

constexpr std::string_view kEntries = "entries/";

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// What the first record, that of the client's network, says of the attempt, how far `other` has come, and
// since when.
RecordedAttempt further(RecordedAttempt first, const RecordedAttempt& other) {
  if (first.id == 0) return other;
  first.state = std::max(first.state, other.state);
  first.age = std::max(first.age, other.age);
  return first;
}

}  // namespace

// What is recorded of an attempt, and what the client earns by it, is one transaction. It begins with
// writing, so that it never waits for a lock with a picture of the file that is outdated when it gets it.
Judgement SqliteStore::judge(const Attempt& attempt) {
  sql::Literals literals = sql::literals_of(attempt, sql::Dialect::sqlite);
  const Known known = look_up(attempt, literals);
  if (known.is_known) return pass_again(known, attempt, literals);
  const Judged judged = ask(sql::with_literals(sql::sqlite_judge, literals));
  Decision decision = read_verdict(judged.verdict, attempt);
  if (const Asked asks = asked_of(decision, judged, attempt); asks > attempt.asked)
    return {.asks = asks, .regexps = regexps(), .lists_version = known.lists_version};
  if (attempt.message_is_refused && would_pass(decision, judged))
    return {.decision = {.reason = Reason::shared}};
  add_wait(decision, judged.blocked_for);

  literals.emplace_back("block_expires", sql::text_literal(judged.block_expires, sql::Dialect::sqlite));
  literals.emplace_back("record_minutes", std::to_string(judged.record_minutes));
  literals.emplace_back("is_first_pass", judged.is_first_pass ? "1" : "0");
  literals.emplace_back("has_passes", judged.has_passes ? "1" : "0");
  database_.run("SAVEPOINT decision");
  if (decision.reason == Reason::unseen) {
    // It has come as far as the record that came furthest.
    RecordedAttempt recorded;
    for (const sql::Literals& record : sql::records_of(attempt, sql::Dialect::sqlite))
      recorded = further(recorded, this->record(sql::with_literals(sql::sqlite_record, record, literals)));
    add_record(decision, recorded);
  }
  earn(event_of(decision, judged), attempt, literals);
  database_.run("RELEASE decision");

  decision.holds_for_session = decision.holds_for_session && holds_for_session(decision.reason);
  return {.decision = decision};
}

// The shortcut of sql/sqlite/known.sql: no list is asked.
Judgement SqliteStore::pass_again(const Known& known, const Attempt& attempt, sql::Literals& literals) {
  Decision decision = read_verdict("greylist 0", attempt);
  add_record(decision, {.state = 6, .id = known.id, .age = known.age, .blocked_for = -1});
  const std::string again = sql::with_literals(sql::sqlite_known_again, literals);
  if (known.is_countable) {
    literals.emplace_back("has_passes", "1");
    database_.run("SAVEPOINT decision");
    database_.run(again);
    earn("pass", attempt, literals);
    database_.run("RELEASE decision");
  } else {
    database_.run(again);
  }
  return {.decision = decision};
}

void SqliteStore::earn(std::string_view event, const Attempt& attempt, sql::Literals& literals) {
  if (event.empty()) return;
  literals.emplace_back("event", std::string("'").append(event).append("'"));
  for (const sql::Literals& identity : sql::identities_of(attempt, sql::Dialect::sqlite))
    database_.run(sql::with_literals(sql::sqlite_earn, identity, literals));
  if (attempt.group_domain_level > 0) database_.run(sql::with_literals(sql::sqlite_fall_of_group, literals));
}

// Adds :lists_version to the literals, as it is before the lists are asked. The statements end together, so
// that the file is locked for reading once.
SqliteStore::Known SqliteStore::look_up(const Attempt& attempt, sql::Literals& literals) const {
  auto version = database_.prepare("SELECT value FROM greylisting_meta WHERE name = 'lists_version'");
  version.step();
  Known known{.lists_version = version.text(0)};
  literals.emplace_back("lists_version", sql::text_literal(known.lists_version, sql::Dialect::sqlite));
  if (!attempt.has_shortcut()) return known;
  auto row = database_.prepare(sql::with_literals(sql::sqlite_known, literals));
  row.step();
  known.is_known = row.number(0) != 0;
  known.id = row.number(1);
  known.age = row.number(2);
  if (!known.is_known) return known;
  auto standing = database_.prepare(sql::with_literals(sql::sqlite_standing, literals));
  standing.step();
  known.is_known = standing.number(0) == 0;
  known.is_countable = standing.number(1) != 0;
  return known;
}

SqliteStore::Judged SqliteStore::ask(const std::string& question) {
  Judged judged = answer_to(question);
  while (judged.verdict.starts_with("unread ")) {
    read_entries();
    judged = answer_to(question);
  }
  return judged;
}

// The statement ends here: while it is open, what it has seen stands in the way of writing.
SqliteStore::Judged SqliteStore::answer_to(const std::string& question) const {
  auto answer = database_.prepare(question);
  answer.step();
  return {.verdict = answer.text(0),
          .block_expires = answer.text(1),
          .blocked_for = answer.number(2),
          .record_minutes = answer.number(3),
          .is_first_pass = answer.number(4) != 0,
          .is_countable = answer.number(5) != 0,
          .has_passes = answer.number(6) != 0,
          .is_trap = answer.number(7) != 0,
          .regexps = answer.number(8)};
}

bool SqliteStore::would_pass(const Decision& decision, const Judged& judged) {
  return decision.reason == Reason::unseen ? judged.blocked_for < 0 : decision.outcome() == Outcome::accepted;
}

// As sql/mysql/judge.sql says it.
Asked SqliteStore::asked_of(const Decision& decision, const Judged& judged, const Attempt& attempt) {
  if (decision.reason == Reason::opted_out) return Asked::nothing;
  const bool loses_trust = judged.is_trap && decision.reason == Reason::trusted;
  if (would_pass(decision, judged) && !loses_trust) {
    const bool breaks_rules = attempt.has_rules && decision.reason == Reason::not_suspicious;
    return attempt.files.deny || judged.regexps == 2 || breaks_rules ? Asked::denials : Asked::nothing;
  }
  return attempt.files.any || judged.regexps > 0 ? Asked::everything : Asked::nothing;
}

std::string_view SqliteStore::event_of(const Decision& decision, const Judged& judged) {
  if (decision.reason == Reason::trap) return "trap";
  const bool falls =
      decision.reason == Reason::denied || (judged.is_trap && decision.reason == Reason::trusted);
  if (judged.has_passes && falls) return "fall";
  if (!judged.is_countable) return "";
  if (decision.reason == Reason::trusted) return "seen";
  return decision.reason == Reason::retried || decision.reason == Reason::known ? "pass" : "";
}

RecordedAttempt SqliteStore::record(const std::string& statement) {
  auto row = database_.prepare(statement);
  row.step();
  const RecordedAttempt recorded{
      .state = row.number(0), .id = row.number(1), .age = row.number(2), .blocked_for = row.number(3)};
  row.step();  // to its end
  return recorded;
}

bool SqliteStore::holds_for_session(Reason reason) const {
  auto answer = database_.prepare(sql::sqlite_session);
  answer.bind(":trusted", reason == Reason::trusted ? 1 : 0).step();
  return answer.number(0) != 0;
}

std::vector<StoredRegexp> SqliteStore::regexps() const {
  std::vector<StoredRegexp> regexps;
  auto row = database_.prepare(
      "SELECT id, action, kind, pattern, reply FROM greylisting_entries "
      "WHERE subject = x'2f' AND action IN ('allow', 'deny') AND expires > datetime('now') ORDER BY id");
  while (row.step()) {
    regexps.push_back({.entry = std::string(kEntries) + row.text(0),
                       .denies = row.text(1) == "deny",
                       .kind = row.text(2),
                       .pattern = row.text(3),
                       .reply = row.text(4)});
  }
  return regexps;
}

// SQLite has no function that reads an address, so what MySQL's triggers do is done here, once an entry; some
// at a time, so that of very many new entries those read before the time budget is over stay read.
void SqliteStore::read_entries() {
  struct Unread {
    std::int64_t id;
    std::string ipaddr;
    std::string bytes;  // of it; what SQLite takes for equal as text is not always the same
  };
  std::vector<Unread> entries;
  auto unread = database_.prepare(
      "SELECT id, ipaddr, CAST(ipaddr AS BLOB) FROM greylisting_lists "
      "WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL LIMIT 1000");
  while (unread.step()) entries.push_back({unread.number(0), unread.text(1), unread.blob(2)});

  database_.run("SAVEPOINT read_entries");
  for (const Unread& entry : entries) {
    const auto network = Network::parse(without_blanks(entry.ipaddr));
    auto update = database_.prepare(
        "UPDATE greylisting_lists SET ipaddr_start = :first, ipaddr_end = :last, ipaddr_prefixsize = :prefix "
        "WHERE id = :id AND CAST(ipaddr AS BLOB) = :bytes");
    update.bind(":id", entry.id)
        .bind_blob(":bytes", entry.bytes)
        .bind(":prefix", network ? std::int64_t{network->prefix()} : -1);
    if (network)
      update.bind_blob(":first", network->first().bytes()).bind_blob(":last", network->last().bytes());
    update.step();
  }
  database_.run("RELEASE read_entries");
}

}  // namespace greylisting
