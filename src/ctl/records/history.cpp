#include "ctl/records/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <functional>
#include <iterator>
#include <utility>

#include "ctl/records/record_tally.h"
#include "process/state_directory.h"
#include "text/number.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kDecision = "decision";
constexpr std::string_view kWait = "wait";
constexpr std::string_view kFirstRetry = "first-retry";
const std::vector<std::string_view> kTallyKinds{kDecision, kWait, kFirstRetry};

// The period of what is added up, before all that can be asked for.
constexpr std::string_view kEver = "1000-01-01 00:00:00";

constexpr std::chrono::days kMonth{30};

// What is of the mail to a domain: kinds and names.
constexpr std::string_view kTo = "to-";
constexpr std::string_view kAfterTo = "to.";

// As many names of a kind a day are kept, and domains, with up to three rows of what became of their records.
constexpr std::size_t kMostNames = 100;
constexpr std::size_t kMostDomains = 200;
constexpr std::size_t kMostRowsTo = 3 * kMostDomains;

constexpr std::size_t kRowsAtOnce = 500;
constexpr std::size_t kLongestName = 191;
constexpr std::size_t kLongestHost = 64;

const std::string kHostFile = std::string(kStateDirectory) + "/host";

std::uint64_t to_number(std::string_view text) { return number_of<std::uint64_t>(text).value_or(0); }

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

// A word of printable characters, alone on its line; empty where the file has none. The folder is not root's:
// no link is followed, so that nothing gets into the history that its owner may not read.
std::string kept_host_name() {
  const int file = open(kHostFile.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return "";
  std::array<char, kLongestHost + 2> text{};
  const ssize_t size = read(file, text.data(), text.size());
  close(file);
  const std::string_view line(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  if (line.size() < 2 || line.size() > kLongestHost + 1 || !line.ends_with('\n')) return "";
  const std::string_view name = line.substr(0, line.size() - 1);
  return std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~'; }) ? std::string(name) : "";
}

// What a row's total becomes when one is added.
std::string sum_or_maximum(sql::Dialect dialect) {
  const std::string fresh = sql::inserted("total", dialect);
  const std::string own = "greylisting_history.total";
  return "CASE WHEN greylisting_history.kind NOT IN ('" + std::string(kPoolNetworksKind) + "', '" +
         std::string(kPoolWaitKind) + "') THEN " + own + " + " + fresh + " WHEN " + own + " < " + fresh +
         " THEN " + fresh + " ELSE " + own + " END";
}

std::string recipient_of(const JournalLine& line) {
  return attempt_of(line).value_or(JournalAttempt()).recipient;
}

// Of the mail to that domain.
Tally read(const Journal& journal, std::time_t hour, const RecipientDomain& domain) {
  Tally tally;
  journal.read(hour, [&](const JournalLine& line) {
    if (is_of(line, domain)) tally.add(line);
  });
  return tally;
}

std::time_t day_of(std::time_t time) { return time / kDay * kDay; }

// What a host has decided in some hours of a day.
class DayOfHost {
 public:
  void read(const Journal& journal, std::time_t hour, History& history, const std::string& host) {
    Tally tally;
    journal.read(hour, [&](const JournalLine& line) {
      tally.add(line);
      const std::string recipient = recipient_of(line);
      const std::string_view domain = recipient_domain_of(recipient);
      if (!domain.empty()) domains_[std::string(domain)].add(line);
    });
    history.set(rows_of(tally, stored_time(hour), host));
  }

  // Of the domains that most was decided for.
  void write(std::time_t day, History& history, const std::string& host) const {
    std::vector<std::pair<std::uint64_t, std::string_view>> busiest;
    busiest.reserve(domains_.size());
    for (const auto& [domain, tally] : domains_) busiest.emplace_back(decisions(tally), domain);
    std::ranges::sort(busiest, std::greater());
    if (busiest.size() > kMostDomains) busiest.resize(kMostDomains);
    std::vector<HistoryRow> rows;
    for (const auto& [count, domain] : busiest)
      std::ranges::move(rows_to(domain, rows_of(domains_.find(domain)->second, stored_time(day), host)),
                        std::back_inserter(rows));
    history.set(rows);
  }

 private:
  std::map<std::string, Tally, std::less<>> domains_{};
};

}  // namespace

std::vector<HistoryRow> rows_of(const Tally& tally, const std::string& hour, const std::string& host) {
  std::vector<HistoryRow> rows;
  rows.reserve(tally.decisions.size());
  for (const auto& [reason, count] : tally.decisions)
    rows.push_back(
        {.period = hour, .kind = std::string(kDecision), .name = reason, .host = host, .total = count});
  append(rows, {.period = hour, .kind = std::string(kWait), .name = "", .host = host}, tally.waits);
  append(rows, {.period = hour, .kind = std::string(kFirstRetry), .name = "", .host = host},
         tally.first_retries);
  return rows;
}

std::vector<HistoryRow> rows_to(std::string_view domain, std::vector<HistoryRow> rows) {
  for (HistoryRow& row : rows) {
    row.kind.insert(0, kTo);
    row.name.insert(0, std::string(domain) + ' ');
  }
  return rows;
}

bool is_of(const JournalLine& line, const RecipientDomain& domain) {
  return domain.is_all() || domain.has(recipient_of(line));
}

void add(Tally& tally, const HistoryRow& row) {
  if (row.kind == kDecision) {
    tally.decisions[row.name] += row.total;
  } else {
    Durations& durations = row.kind == kWait ? tally.waits : tally.first_retries;
    durations[std::chrono::seconds(to_number(row.name))] += row.total;
  }
}

std::string host_name() {
  if (std::string kept = kept_host_name(); !kept.empty()) return kept;
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return std::string(name.data()).substr(0, kLongestHost);
}

void keep_host_name() {
  if (!is_private(std::string(kStateDirectory))) return;
  const std::string name = host_name() + '\n';
  const int file = open(kHostFile.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (file < 0) return;
  if (write(file, name.data(), name.size()) != static_cast<ssize_t>(name.size())) unlink(kHostFile.c_str());
  close(file);
}

std::string History::literal(std::string_view text) const {
  return sql::text_literal(text, administration_.dialect());
}

template <typename Texts>
std::string History::list(const Texts& texts) const {
  std::string list;
  for (const auto& text : texts) list.append(list.empty() ? "" : ", ").append(literal(text));
  return list;
}

// One bound: of two SQLite would take the first for where to begin, and read all that is before the other.
std::string History::from(const std::string& since) const {
  return since > kEver ? "period >= " + literal(since) : "period > " + literal(kEver);
}

std::vector<HistoryRow> History::read(const std::string& since, const std::string& until,
                                      const std::vector<std::string_view>& kinds) {
  return ask(from(since) + " AND period < " + literal(until) + " AND kind IN (" + list(kinds) + ')');
}

std::vector<HistoryRow> History::read_of(const RecipientDomain& domain, const std::string& since,
                                         const std::string& until,
                                         const std::vector<std::string_view>& kinds) {
  if (domain.is_all()) return read(since, until, kinds);
  std::vector<std::string> kinds_to;
  kinds_to.reserve(kinds.size());
  for (const std::string_view kind : kinds) kinds_to.push_back(std::string(kTo).append(kind));
  // A name is that domain, a blank and a word.
  std::vector<HistoryRow> rows =
      ask(from(since) + " AND period < " + literal(until) + " AND kind IN (" + list(kinds_to) +
          ") AND name > " + literal(domain.stored + ' ') + " AND name < " + literal(domain.stored + '!'));
  std::erase_if(rows, [&](const HistoryRow& row) { return row.name.rfind(' ') != domain.stored.size(); });
  for (HistoryRow& row : rows) {
    row.kind.erase(0, kTo.size());
    row.name.erase(0, domain.stored.size() + 1);
  }
  return rows;
}

std::vector<HistoryRow> History::ask(const std::string& condition) {
  std::vector<HistoryRow> rows;
  for (const auto& row :
       administration_.ask("SELECT period, kind, name, host, total FROM greylisting_history WHERE " +
                               condition + " ORDER BY period, kind, name, host",
                           5)) {
    rows.push_back(
        {.period = row[0], .kind = row[1], .name = row[2], .host = row[3], .total = to_number(row[4])});
  }
  return rows;
}

std::vector<HistoryRow> History::read_tallies(const RecipientDomain& domain, const std::string& since,
                                              const std::string& until) {
  return read_of(domain, since, until, kTallyKinds);
}

std::string History::first_period(const RecipientDomain& domain, const std::string& since) {
  const std::string kinds =
      domain.is_all() ? "" : " AND kind > " + literal(kTo) + " AND kind < " + literal(kAfterTo);
  return administration_
      .ask("SELECT COALESCE(MIN(period), '') FROM greylisting_history WHERE " + from(since) + kinds, 1)
      .at(0)
      .at(0);
}

Tally History::tally_of(const std::string& host, const std::vector<std::string>& except) {
  Tally tally;
  for (const auto& row : administration_.ask(
           "SELECT kind, name, SUM(total) FROM greylisting_history WHERE host = " + literal(host) +
               " AND kind IN (" + list(kTallyKinds) + ')' +
               (except.empty() ? "" : " AND period NOT IN (" + list(except) + ')') + " GROUP BY kind, name",
           3))
    ctl::add(tally, {.period = "", .kind = row[0], .name = row[1], .host = host, .total = to_number(row[2])});
  return tally;
}

void History::write(const std::vector<HistoryRow>& rows, bool adds) {
  const sql::Dialect dialect = administration_.dialect();
  const std::string on_conflict = ' ' + sql::on_conflict("period, kind, name, host", dialect) + " total = " +
                                  (adds ? sum_or_maximum(dialect) : sql::inserted("total", dialect));
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    std::string statement = "INSERT INTO greylisting_history (period, kind, name, host, total) VALUES ";
    for (std::size_t i = first; i < std::min(rows.size(), first + kRowsAtOnce); ++i)
      statement.append(i == first ? "" : ", ").append(literals(rows[i], dialect));
    administration_.ask(statement.append(on_conflict));
  }
}

void History::keep_most_frequent(const std::string& period, std::string_view kind, std::size_t most) {
  const std::string of_period = " FROM greylisting_history WHERE period = " + literal(period);
  const std::string of_kind = of_period + " AND kind = " + literal(kind);
  std::vector<std::string> kept;
  for (auto& row : administration_.ask(
           "SELECT name" + of_kind + " ORDER BY total DESC, name LIMIT " + std::to_string(most), 1))
    kept.push_back(std::move(row[0]));
  const std::string crowd =
      kind == kPoolMessagesKind ? of_period + " AND kind IN (" + list(kPoolKinds) + ")" : of_kind;
  administration_.ask("DELETE" + crowd + " AND name NOT IN (" + list(kept) + ")");
}

void History::shorten(const std::string& oldest) {
  const std::string old = " FROM greylisting_history WHERE period > " + literal(kEver) + " AND period < " +
                          literal(oldest) + " AND (host IN ('', " + literal(host_name()) + ") OR period < " +
                          literal(later(oldest, -kMonth)) + ')';
  administration_.transact([&] {
    std::vector<HistoryRow> sums;
    for (auto& row : administration_.ask("SELECT kind, name, host, SUM(total)" + old + " AND kind IN (" +
                                             list(kTallyKinds) + ") GROUP BY kind, name, host",
                                         4)) {
      sums.push_back({.period = std::string(kEver),
                      .kind = std::move(row[0]),
                      .name = std::move(row[1]),
                      .host = std::move(row[2]),
                      .total = to_number(row[3])});
    }
    add(sums);
    administration_.ask("DELETE" + old);
  });
  for (const auto& crowd :
       administration_.ask("SELECT period, kind FROM greylisting_history WHERE kind IN (" + list(kNameKinds) +
                               ", " + literal(kPoolMessagesKind) +
                               ") GROUP BY period, kind HAVING COUNT(*) > " + std::to_string(kMostNames),
                           2))
    keep_most_frequent(crowd[0], crowd[1], kMostNames);
  for (const auto& crowd :
       administration_.ask("SELECT period FROM greylisting_history WHERE kind = " + literal(kToRecordKind) +
                               " GROUP BY period HAVING COUNT(*) > " + std::to_string(kMostRowsTo),
                           1))
    keep_most_frequent(crowd[0], kToRecordKind, kMostRowsTo);
}

std::vector<History::Span> History::spans_of(const std::string& name,
                                             const std::vector<std::string_view>& kinds) {
  std::vector<Span> spans;
  for (auto& row : administration_.ask(
           "SELECT kind, SUM(total), MIN(period), MAX(period) FROM greylisting_history WHERE kind IN (" +
               list(kinds) + ") AND name = " + literal(name.substr(0, kLongestName)) + " GROUP BY kind",
           4))
    spans.push_back({.kind = std::move(row[0]),
                     .total = to_number(row[1]),
                     .first = std::move(row[2]),
                     .last = std::move(row[3])});
  return spans;
}

void History::clear() { administration_.ask("DELETE FROM greylisting_history"); }

std::size_t fold(const Journal& journal, History& history, std::time_t now, std::time_t keep) {
  keep_host_name();
  const std::string host = host_name();
  std::vector<std::time_t> hours = journal.hours();
  std::erase_if(hours, [now](std::time_t hour) { return hour + kHour > now; });
  for (auto hour = hours.begin(); hour != hours.end();) {
    const std::time_t day = day_of(*hour);
    const auto next_day =
        std::ranges::find_if(hour, hours.end(), [day](std::time_t each) { return day_of(each) != day; });
    DayOfHost decided;
    std::for_each(hour, next_day, [&](std::time_t each) { decided.read(journal, each, history, host); });
    decided.write(day, history, host);
    for (; hour != next_day; ++hour) {
      if (*hour < keep) journal.remove(*hour);
    }
  }
  return hours.size();
}

void read_before_history(const Journal& journal,
                         const std::function<void(const std::vector<std::time_t>& hours)>& read) {
  for (std::vector<std::time_t> hours = journal.hours();;) {
    read(hours);
    std::vector<std::time_t> left = journal.hours();
    if (std::ranges::includes(left, hours)) return;
    hours = std::move(left);
  }
}

std::map<std::string, Tally> tallies(const Journal& journal, History& history, const RecipientDomain& domain,
                                     const std::string& since, const std::string& until) {
  std::map<std::string, Tally> tallies;
  const std::string host = host_name();
  read_before_history(journal, [&](const std::vector<std::time_t>& hours) {
    tallies.clear();
    std::vector<std::string> own;
    for (const std::time_t hour : hours) {
      const std::string period = stored_time(domain.is_all() ? hour : day_of(hour));
      if (period < since || period >= until) continue;
      own.push_back(period);
      tallies[period].add(read(journal, hour, domain));
    }
    for (const HistoryRow& row : history.read_tallies(domain, since, until)) {
      if (row.host == host && std::ranges::binary_search(own, row.period)) continue;
      add(tallies[row.period], row);
    }
  });
  return tallies;
}

}  // namespace greylisting::ctl
