// past: what has happened to the mail of one sender to one recipient, put together from records, which count
// attempts and have the times of the first and the last, and the journal of this host, which has the time of
// each and forgets them after some days.
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ctl/records/record_table.h"
#include "host/journal.h"
#include "judgement/decision.h"
#include "settings/settings.h"

namespace greylisting::ctl {

struct PastAttempt {
  std::time_t time = 0;
  std::optional<Reason> reason{};  // nothing for an error
  std::string client{};
  std::string entry{};          // decision.h
  bool is_accepted = false;     // an error is with on_error=accept
  bool is_one_of_many = false;  // the last pass of a record that has passed before, nobody knows when first
};

/// From a first attempt that was not accepted to the first that was.
struct Wait {
  std::time_t first = 0;
  std::optional<PastAttempt> passed{};
  PastAttempt last{};  // of those before it

  /// When it passed is known.
  bool is_exact() const { return passed && !passed->is_one_of_many; }
};

struct Story {
  std::string sender;  // as it is stored
  std::string recipient;
  std::vector<Record> records{};        // of networks, the oldest first
  std::vector<PastAttempt> attempts{};  // by time
  unsigned long untimed = 0;            // so many more, of which only the number is known

  /// The wait that has not ended, or else the last that there was; nothing where each attempt was accepted.
  std::optional<Wait> wait() const;

  /// The record that was made then; null where there is none.
  const Record* made_at(std::time_t time) const;
};

/// Takes records and lines of the journal in any order, records first.
class Past {
 public:
  explicit Past(const Settings& settings) : settings_(settings) {}

  void add(const Record& record);
  void add(const JournalLine& line, const JournalAttempt& attempt);

  /// Whether it has a record of that number, or of that sender and recipient.
  bool knows(const JournalAttempt& attempt) const;

  /// The one with the latest attempt first.
  std::vector<Story> stories() const;

 private:
  using Pair = std::pair<std::string, std::string>;
  Story finished(Story story) const;

  const Settings& settings_;
  std::map<Pair, Story> stories_{};
  std::map<std::uint64_t, Pair> pairs_{};  // by the number of a record, pools' records among them
};

}  // namespace greylisting::ctl
