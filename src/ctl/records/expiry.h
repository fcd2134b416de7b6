// expiry: deletes what is over, a slice at a time, each in a short transaction, and counts in the history
// what records it were.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/records/history.h"

namespace greylisting::ctl {

class Expiry {
 public:
  /// Deletes what is over now.
  Expiry(Administration& administration, const Settings& settings);

  /// What one transaction has deleted, and for how long it had others wait who wanted the same rows, or in
  /// SQLite the file.
  struct Slice {
    std::uint64_t rows = 0;  // 0 when no more are left
    std::chrono::steady_clock::duration held{};
  };

  /// Deletes some triplets' records, about `most`; with history_expire=0 without counting them. What has
  /// failed of a message that came from several networks is left until nothing of that message is undecided,
  /// and is then deleted at once: only together they tell how it went. Throws StoreError.
  Slice delete_records(std::size_t most);

  /// Deletes some of what clients have earned. Likewise.
  Slice delete_clients(std::size_t most);

  /// The same of what is expected.
  Slice delete_expected(std::size_t most);

 private:
  /// What is deleted together, and what the history is to have of it beside the count of each record.
  struct Unit {
    std::vector<Administration::Row> records;
    std::vector<HistoryRow> message{};
  };

  /// Failed records that are over and of messages that came from several networks.
  struct Moved {
    std::vector<Unit> messages{};                 // of which all is known
    std::unordered_set<std::string> decided{};    // their records, by id
    std::unordered_set<std::string> undecided{};  // those of the other messages
  };

  Slice delete_rows_of(const std::string& table, const std::string& key, std::size_t most);
  std::string over() const;
  std::vector<Administration::Row> next_records();
  std::vector<Administration::Row> others_of_their_senders(const std::vector<Administration::Row>& records);
  Moved look_for_moved(const std::vector<Administration::Row>& records);
  void look_ahead();
  std::vector<std::string> leave_out_renewed(std::vector<Unit>& units);
  std::vector<HistoryRow> counted(const std::vector<Unit>& units) const;

  Administration& administration_;
  History history_;
  const Settings& settings_;
  std::string now_;
  std::deque<Unit> units_{};  // what is to be deleted next
  std::size_t left_ = 0;      // records that are over and stay
};

}  // namespace greylisting::ctl
