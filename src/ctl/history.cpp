#include "history.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>

#include "../utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kDecision = "decision";
constexpr std::string_view kWait = "wait";
constexpr std::string_view kFirstRetry = "first-retry";

// As many names of a kind a day are kept.
constexpr std::size_t kMostNames = 100;

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kLongestName = 191;
constexpr std::size_t kLongestHost = 64;
constexpr std::time_t kHour = 3600;

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void append(std::vector<HistoryRow>& rows, const HistoryRow& like, const Durations& durations) {
  for (const auto& [duration, count] : durations) {
    HistoryRow& row = rows.emplace_back(like);
    row.name = std::to_string(duration.count());
    row.total = count;
  }
}

// A row of VALUES.
std::string literals(const HistoryRow& row, sql::Dialect dialect) {
  std::string text = "(";
  for (const std::string& column : {row.period, row.kind, row.name.substr(0, kLongestName), row.host})
    text.append(sql::text_literal(column, dialect)).append(", ");
  return text.append(std::to_string(row.total)).append(")");
}

Tally read(const Journal& journal, std::time_t hour) {
  Tally tally;
  journal.read(hour, [&tally](const JournalLine& line) { tally.add(line); });
  return tally;
}

}  // namespace

std::vector<HistoryRow> rows_of(const Tally& tally, const std::string& hour, const std::string& host) {
  std::vector<HistoryRow> rows;
  for (const auto& [reason, count] : tally.decisions)
    rows.push_back(
        {.period = hour, .kind = std::string(kDecision), .name = reason, .host = host, .total = count});
  append(rows, {.period = hour, .kind = std::string(kWait), .name = "", .host = host}, tally.waits);
  append(rows, {.period = hour, .kind = std::string(kFirstRetry), .name = "", .host = host},
         tally.first_retries);
  return rows;
}

bool add(Tally& tally, const HistoryRow& row) {
  if (row.kind == kDecision) {
    tally.decisions[row.name] += row.total;
    return true;
  }
  if (row.kind != kWait && row.kind != kFirstRetry) return false;
  Durations& durations = row.kind == kWait ? tally.waits : tally.first_retries;
  durations[std::chrono::seconds(to_number(row.name))] += row.total;
  return true;
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return std::string(name.data()).substr(0, kLongestHost);
}

std::vector<HistoryRow> History::read(const std::string& since, const std::string& until,
                                      const std::vector<std::string_view>& kinds) {
  const auto literal = [this](std::string_view text) {
    return sql::text_literal(text, administration_.dialect());
  };
  std::string condition;
  for (const std::string_view kind : kinds) condition += (condition.empty() ? "" : ", ") + literal(kind);
  if (!condition.empty()) condition = " AND kind IN (" + condition + ")";
  std::vector<HistoryRow> rows;
  for (const auto& row :
       administration_.ask("SELECT period, kind, name, host, total FROM greylisting_history "
                           "WHERE period >= " +
                               literal(since) + " AND period < " + literal(until) + condition +
                               " ORDER BY period, kind, name, host",
                           5)) {
    rows.push_back(
        {.period = row[0], .kind = row[1], .name = row[2], .host = row[3], .total = to_number(row[4])});
  }
  return rows;
}

void History::write(const std::vector<HistoryRow>& rows, bool adds) {
  const sql::Dialect dialect = administration_.dialect();
  const bool is_mysql = dialect == sql::Dialect::mysql;
  const std::string written = is_mysql ? "VALUES(total)" : "excluded.total";
  const std::string on_conflict =
      (is_mysql ? " ON DUPLICATE KEY UPDATE total = " : " ON CONFLICT DO UPDATE SET total = ") +
      (adds ? "total + " + written : written);
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    std::string statement = "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ";
    for (std::size_t i = first; i < std::min(rows.size(), first + kRowsAtOnce); ++i)
      statement.append(i == first ? "" : ", ").append(literals(rows[i], dialect));
    administration_.ask(statement.append(on_conflict));
  }
}

void History::keep_most_frequent(const std::string& period, const std::string& kind) {
  std::string crowd = " FROM greylisting_history WHERE period = ";
  crowd.append(sql::text_literal(period, administration_.dialect())).append(" AND kind = ");
  crowd.append(sql::text_literal(kind, administration_.dialect()));
  std::string kept;
  for (const auto& row : administration_.ask(
           "SELECT name" + crowd + " ORDER BY total DESC, name LIMIT " + std::to_string(kMostNames), 1))
    kept.append(kept.empty() ? "" : ", ").append(sql::text_literal(row[0], administration_.dialect()));
  administration_.ask("DELETE" + crowd + " AND name NOT IN (" + kept + ")");
}

void History::shorten(const std::string& oldest) {
  administration_.ask("DELETE FROM greylisting_history WHERE period < " +
                      sql::text_literal(oldest, administration_.dialect()));
  for (const auto& crowd : administration_.ask("SELECT period, kind FROM greylisting_history WHERE kind IN "
                                               "('client', 'sender-domain', 'recipient', 'pool') "
                                               "GROUP BY period, kind HAVING COUNT(*) > " +
                                                   std::to_string(kMostNames),
                                               2))
    keep_most_frequent(crowd[0], crowd[1]);
}

std::size_t fold(const Journal& journal, History& history, std::time_t now, std::time_t keep) {
  std::size_t hours = 0;
  for (const std::time_t hour : journal.hours()) {
    if (hour + kHour > now) continue;
    history.set(rows_of(read(journal, hour), stored_time(hour), host_name()));
    if (hour < keep) journal.remove(hour);
    ++hours;
  }
  return hours;
}

std::map<std::string, Tally> tallies(const Journal& journal, History& history, const std::string& since,
                                     const std::string& until) {
  std::map<std::string, Tally> tallies;
  std::vector<std::string> own;
  for (const std::time_t hour : journal.hours()) {
    const std::string period = stored_time(hour);
    if (period < since || period >= until) continue;
    own.push_back(period);
    tallies[period].add(read(journal, hour));
  }
  const std::string host = host_name();
  for (const HistoryRow& row : history.read(since, until, {kDecision, kWait, kFirstRetry})) {
    if (row.host == host && std::ranges::binary_search(own, row.period)) continue;
    add(tallies[row.period], row);
  }
  return tallies;
}

}  // namespace greylisting::ctl
