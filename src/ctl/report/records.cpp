#include "ctl/report/records.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include "ctl/batches.h"
#include "ctl/print/progress.h"
#include "ctl/records/history.h"
#include "ctl/records/moved_messages.h"
#include "ctl/records/record_tally.h"
#include "lists/entry.h"
#include "text/number.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// Of so many rows, which are read in a few milliseconds: for so long SQLite cannot begin its log anew, which
// a decision may want to.
constexpr std::size_t kSlice = 1000;
constexpr std::size_t kIdsAtOnce = 500;

// Before the same is read again.
constexpr std::chrono::milliseconds kPause{100};

std::uint64_t to_number(std::string_view text) { return number_of<std::uint64_t>(text).value_or(0); }

// Walks through greylisting_data by its key, which is what its rows are sorted by on the disk: the triplet in
// MySQL, the id in SQLite.
class Slices {
 public:
  explicit Slices(Administration& administration)
      : administration_(administration),
        is_mysql_(administration.dialect() == sql::Dialect::mysql),
        key_(is_mysql_ ? "triplet" : "id") {}

  /// A condition for the next slice; empty after the last.
  std::string next() {
    if (is_at_end_) return "";
    const std::string behind = last_.empty() ? "" : key_ + " > " + last_;
    const auto bound =
        administration_.ask("SELECT " + std::string(is_mysql_ ? "HEX(triplet)" : "id") +
                                " FROM greylisting_data" + (behind.empty() ? "" : " WHERE " + behind) +
                                " ORDER BY " + key_ + " LIMIT 1 OFFSET " + std::to_string(kSlice - 1),
                            1);
    is_at_end_ = bound.empty();
    std::string condition = behind;
    if (!is_at_end_) {
      last_ = is_mysql_ ? "x'" + bound[0][0] + '\'' : bound[0][0];
      condition.append(behind.empty() ? "" : " AND ").append(key_).append(" <= ").append(last_);
    }
    return condition.empty() ? key_ + " IS NOT NULL" : condition;
  }

 private:
  Administration& administration_;
  bool is_mysql_;
  std::string key_;
  std::string last_{};
  bool is_at_end_ = false;
};

class Reader {
 public:
  Reader(Administration& administration, const Settings& settings, RecordFigures& figures)
      : administration_(administration), settings_(settings), figures_(figures) {}

  void read(const RecordSpan& span) {
    since_ = static_cast<std::uint32_t>(time_of(span.since).value_or(0));
    const auto literal = [this](const std::string& text) {
      return sql::text_literal(text, administration_.dialect());
    };
    const std::string columns = "SELECT " +
                                CountedRecord::selected(administration_.now(), administration_.dialect()) +
                                " FROM greylisting_data WHERE ";
    const std::string in_period =
        " AND create_time >= " + literal(span.earlier.empty() ? span.since : span.earlier) +
        " AND create_time < " + literal(span.until);
    Progress progress("reading records", about_how_many());
    Slices slices(administration_);
    for (std::string slice = slices.next(); !slice.empty(); slice = slices.next()) {
      for (const auto& record :
           administration_.ask(std::string(columns).append(slice).append(in_period), Column::columns)) {
        if (span.domain.has(record[Column::recipient])) take(record);
      }
      progress.advance(kSlice);
    }
    for (const auto& [day, counts] : days_) figures_.days[date_of(stored_time(day * kDay))].add(counts);
    for (const auto& [network, count] : clients_.top(std::string::npos))
      figures_.clients.add(network_text(network, settings_), count);
    count_moved_messages();
  }

 private:
  using Column = CountedRecord::Column;

  // Without counting them, which would be one long statement.
  std::uint64_t about_how_many() {
    const auto rows = administration_.ask(
        administration_.dialect() == sql::Dialect::mysql
            ? "SELECT table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND "
              "table_name = 'greylisting_data'"
            : "SELECT COALESCE(MAX(id), 0) FROM greylisting_data",
        1);
    return to_number(rows.at(0).at(0));
  }

  void take(const Administration::Row& record) {
    if (record[Column::fate].empty()) return;
    const auto created = static_cast<std::uint32_t>(time_of(record[Column::first]).value_or(0));
    RecordCounts& day = days_[created / kDay];
    const bool has_passed = record[Column::fate] == kPassed;
    const bool is_undecided = !has_passed && record[Column::is_open] == "1";
    const bool is_never_retried = record[Column::fate] == kNeverRetried && !is_undecided;
    ++(has_passed         ? day.passed
       : is_undecided     ? day.undecided
       : is_never_retried ? day.never_retried
                          : day.retried);
    if (created < since_) return;
    const std::string network = network_digits(record[Column::client], settings_);
    if (is_never_retried) {
      clients_.add(network);
      figures_.sender_domains.add(domain_of(record[Column::sender]));
      figures_.recipients.add(record[Column::recipient]);
    }
    if (const auto trial = trial_of(record, settings_)) trials_.push_back(*trial);
  }

  void count_moved_messages() {
    std::vector<MovedMessage> messages = moved_messages(trials_);
    trials_.clear();
    std::erase_if(messages, [](const MovedMessage& message) { return message.never_retried == 0; });
    for (std::size_t i = 0; i < messages.size(); i += kIdsAtOnce) {
      count_their_names(messages, i);
      std::unordered_map<std::uint64_t, const MovedMessage*> of_record;
      std::string ids;
      for (std::size_t j = i; j < std::min(messages.size(), i + kIdsAtOnce); ++j) {
        of_record[messages[j].record] = &messages[j];
        ids += (ids.empty() ? "" : ", ") + std::to_string(messages[j].record);
      }
      for (const auto& row : administration_.ask(
               "SELECT id, mail_from FROM greylisting_data WHERE pool IS NULL AND id IN (" + ids + ')', 2))
        add(*of_record.at(to_number(row[0])), std::string(domain_of(row[1])));
    }
  }

  // Of the messages from that one on, kIdsAtOnce of them.
  void count_their_names(const std::vector<MovedMessage>& messages, std::size_t from) {
    std::vector<std::string> ids;
    for (std::size_t i = from; i < std::min(messages.size(), from + kIdsAtOnce); ++i) {
      for (const std::uint64_t id : messages[i].failed) ids.push_back(std::to_string(id));
    }
    in_batches(ids, [this](const std::vector<std::string>& batch) {
      std::string list;
      for (const std::string& id : batch) list.append(list.empty() ? "" : ", ").append(id);
      for (const auto& record : administration_.ask(
               "SELECT " + CountedRecord::selected(administration_.now(), administration_.dialect()) +
                   " FROM greylisting_data WHERE id IN (" + list + ')',
               Column::columns)) {
        if (record[Column::fate] != kNeverRetried || record[Column::is_open] == "1") continue;
        ++figures_.moved_clients[network_text(network_digits(record[Column::client], settings_), settings_)];
        ++figures_.moved_sender_domains[std::string(domain_of(record[Column::sender]))];
        ++figures_.moved_recipients[record[Column::recipient]];
      }
    });
  }

  void add(const MovedMessage& message, const std::string& domain) {
    PoolCounts& pool = figures_.pools[domain];
    pool.domain = domain;
    pool.in_vain += message.in_vain;
    ++pool.messages;
    pool.networks = std::max(pool.networks, message.networks);
    pool.longest = std::max(pool.longest, message.wait);
  }

  Administration& administration_;
  const Settings& settings_;
  RecordFigures& figures_;
  std::uint32_t since_ = 0;
  std::unordered_map<std::uint32_t, RecordCounts> days_{};  // by days since 1970
  NameCounts clients_{};  // by network_digits, which are made faster than the text
  std::deque<Trial> trials_{};
};

void add_row(PoolCounts& pool, const HistoryRow& row) {
  pool.domain = row.name;
  if (row.kind == kPoolKind) pool.in_vain += row.total;
  if (row.kind == kPoolMessagesKind) pool.messages += row.total;
  if (row.kind == kPoolNetworksKind) pool.networks = std::max(pool.networks, row.total);
  if (row.kind == kPoolWaitKind)
    pool.longest = std::max(pool.longest, std::chrono::seconds(static_cast<std::int64_t>(row.total)));
}

void add_row(RecordFigures& figures, const HistoryRow& row) {
  const std::string day = date_of(row.period);
  if (row.kind == kRecordKind) {
    RecordCounts& counts = figures.days[day];
    (row.name == kPassed    ? counts.passed
     : row.name == kRetried ? counts.retried
                            : counts.never_retried) += row.total;
  } else if (row.kind == kClientKind) {
    figures.clients.add(row.name, row.total);
  } else if (row.kind == kSenderDomainKind) {
    figures.sender_domains.add(row.name, row.total);
  } else if (row.kind == kRecipientKind) {
    figures.recipients.add(row.name, row.total);
  } else {
    add_row(figures.pools[row.name], row);
  }
}

}  // namespace

RecordFigures read_records(Administration& administration, const Settings& settings, const RecordSpan& span,
                           std::chrono::seconds patience) {
  History history(administration);
  const bool is_of_all = span.domain.is_all();
  const std::vector<std::string_view> days_alone{kRecordKind};
  std::vector<std::string_view> kinds{kRecordKind, kRecipientKind};
  if (is_of_all) {
    kinds.resize(1);
    kinds.insert(kinds.end(), kNameKinds.begin(), kNameKinds.end());
    kinds.insert(kinds.end(), kPoolKinds.begin(), kPoolKinds.end());
  }
  const auto each_day = [&span](const auto& read) {
    for (std::string day = span.earlier.empty() ? span.since : span.earlier; day < span.until;) {
      std::string next = later(day, std::chrono::days(1));
      read(day, next);
      day = std::move(next);
    }
  };
  // What is counted of deleted records only grows: where it is the same as before, none was deleted
  // meanwhile.
  std::vector<HistoryRow> before;
  each_day([&](const std::string& day, const std::string& next) {
    std::ranges::move(history.read(day, next, days_alone), std::back_inserter(before));
  });
  for (const auto end = std::chrono::steady_clock::now() + patience;;) {
    RecordFigures figures;
    Reader(administration, settings, figures).read(span);
    std::vector<HistoryRow> after;
    each_day([&](const std::string& day, const std::string& next) {
      for (HistoryRow& row : history.read(day, next, day < span.since ? days_alone : kinds)) {
        const bool is_record = row.kind == kRecordKind;
        if (is_of_all || (!is_record && span.domain.has(row.name))) add_row(figures, row);
        if (is_record) after.push_back(std::move(row));
      }
      if (is_of_all) return;
      for (const HistoryRow& row : history.read_of(span.domain, day, next, days_alone)) add_row(figures, row);
    });
    figures.may_count_twice = after != before;
    if (!figures.may_count_twice || std::chrono::steady_clock::now() >= end) return figures;
    before = std::move(after);
    std::this_thread::sleep_for(kPause);
  }
}

void RecordCounts::add(const RecordCounts& others) {
  passed += others.passed;
  retried += others.retried;
  never_retried += others.never_retried;
  undecided += others.undecided;
}

}  // namespace greylisting::ctl
