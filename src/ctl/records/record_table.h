// record_table: the records of a store, greylisting_data, as the administrator sees and steers them. Whatever
// is changed here is one statement for a few rows, so that mail that flows meanwhile neither waits for it nor
// loses a count.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ctl/administration/administration.h"

namespace greylisting::ctl {

/// Times are `YYYY-MM-DD hh:mm:ss`, UTC.
struct Record {
  std::string id;
  std::string client;  // address of the first attempt
  std::string sender;  // as it is stored: printable, or with privacy=hash a hash; empty for the null sender
  std::string recipient;  // likewise
  std::string pool;       // the domain that vouches for the clients of this one; empty for a network's record
  std::string first_seen;
  std::string last_seen;
  std::string block_expires;
  std::string record_expires;
  unsigned long blocked = 0;  // attempts deferred
  unsigned long passed = 0;   // attempts accepted
  bool is_blocked = false;    // an attempt now would be early
  bool is_over = false;       // an attempt now would be new
  std::string key;            // of the triplet: hexadecimal digits

  bool is_waiting() const { return is_blocked && !is_over; }

  /// Whether last_seen is an attempt's; a record that was ended by hand has changed then, too.
  bool is_last_an_attempt() const { return last_seen < record_expires; }
};

/// `waiting until 2026-11-21 06:16:12`, `may pass`, `passed 3 times`, `over`
std::string state(const Record& record);

/// `record 17: 192.0.2.7 alice@example.net -> bob@example.org`
std::string text(const Record& record);

/// `c0000207` as 192.0.2.7; empty for what is no address.
std::string address_of(const std::string& digits);

/// Whether the word is the number of a record: digits.
bool is_record_id(const std::string& word);

/// What is said where there is no record of that number.
std::string no_record(const std::string& id);

/// What `find` looks for; all of it has to hold.
struct RecordQuery {
  std::optional<Network> client{};
  std::string sender{};      // an SQL condition on mail_from; empty for any
  std::string recipient{};   // on rcpt_to
  std::string either{};      // on both
  bool pending = false;      // has not passed, and is not over
  bool passed = false;       // has passed
  bool pools = false;        // also the pools' records
  std::string since{};       // first seen then or later
  std::string seen_since{};  // last seen then or later
  unsigned limit = 50;
};

/// The condition for what is said of a sender or a recipient (searched.h); with privacy=hash it is on hashes.
/// Throws UsageError.
std::string condition_on_sender(const std::string& what, const Settings& settings, sql::Dialect dialect);
std::string condition_on_recipient(const std::string& what, const Settings& settings, sql::Dialect dialect);

/// The same for a sender or a recipient, where a word can be a part of an address.
std::string condition_on_either(const std::string& word, const Settings& settings, sql::Dialect dialect);

/// Every function throws StoreError.
class RecordTable {
 public:
  explicit RecordTable(Administration& administration) : administration_(administration) {}

  /// The keys of what is looked for, the newest first: hexadecimal digits, because there may be very many.
  using Key = std::array<char, 32>;
  std::vector<Key> newest(const RecordQuery& query);

  /// The records of those keys that are there, in the same order.
  std::vector<Record> with_keys(std::span<const Key> keys);

  /// The records that an attempt would look at: that of its network first, then that of its pool.
  std::vector<Record> of(const Attempt& attempt);

  /// The records of the same sender and recipient from other networks, ten at most, the oldest first: other
  /// than the attempt's, or than those of `records`, which has one at least.
  std::vector<Record> beside(const Attempt& attempt);
  std::vector<Record> beside(const std::vector<Record>& records);

  /// All records of those senders and recipients, as they are stored, the oldest first; one statement.
  std::vector<Record> of_pairs(const std::vector<std::pair<std::string, std::string>>& pairs);

  /// The record of that number, and after it those of pools with the same sender and recipient.
  std::vector<Record> numbered(const std::string& id);

  /// Has the next attempt pass: ends the block of the attempt's records, and makes those that there are not.
  void let_pass(const Attempt& attempt);

  /// Ends the blocks of those that wait.
  void let_pass(const std::vector<Record>& records);

  /// Ends the records' lives, so that the next attempt of each is new. One that has not passed yet is
  /// withdrawn (record_tally.h): nobody knows whether it would have been retried. Returns of how many.
  std::uint64_t end(const std::vector<std::string>& keys);

  /// The keys of all records whose first attempt came from that network and that are not over.
  std::vector<std::string> keys_from(const Network& network);

 private:
  std::vector<Record> records(const std::string& clauses);
  std::vector<Record> others(const std::string& sender, const std::string& recipient,
                             const std::string& keys);
  std::string literal(const std::string& text) const {
    return sql::text_literal(text, administration_.dialect());
  }

  Administration& administration_;
};

}  // namespace greylisting::ctl
