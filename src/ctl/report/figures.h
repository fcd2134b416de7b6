// figures: all that a report says: from the journals and the history what was decided, by the hour;
// from the records and the history what became of triplets, by the day.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ctl/administration/administration.h"
#include "ctl/records/recipient_domain.h"
#include "ctl/records/tally.h"
#include "ctl/report/name_counts.h"
#include "ctl/report/records.h"

namespace greylisting::ctl {

/// Whole days, in UTC: `2026-11-21`.
struct Period {
  std::string first;
  std::string last;  // itself included
};

struct DayFigures {
  std::string date;
  Tally tally{};
  RecordCounts records{};  // of triplets first seen on that day
};

struct Figures {
  Period period;                 // what was asked for
  RecipientDomain domain{};      // the mail to which it tells of; of names only recipients are known then
  std::string host{};            // where it was made
  std::string made;              // when, by the store's clock: `YYYY-MM-DD hh:mm:ss`, UTC
  std::chrono::minutes block;    // block_expire
  bool has_hashes = false;       // names are what privacy=hash has made of them
  bool may_count_twice = false;  // records; a clean-up was at work all the time (records.h)

  std::vector<DayFigures> days{};        // every day from the first of which anything is known on
  std::map<std::string, Tally> hours{};  // by `2026-11-21 06:00:00`, without waits and first retries; of a
                                         // domain nothing is known by the hour
  Tally total{};
  RecordCounts records{};
  Tally total_before{};              // of as many days before the period, as far as anything is known of them
  RecordCounts records_before{};     // likewise
  std::int64_t days_before = 0;      // from the first of these days of which anything is known
  std::vector<NameCount> clients{};  // of the never-retried triplets: networks, the most frequent first;
                                     // without those of messages that came from several networks (`pools`)
  std::vector<NameCount> sender_domains{};
  std::vector<NameCount> recipients{};
  std::vector<PoolCounts> pools{};
  bool are_names_left_out = false;  // `clients` to `pools` are empty, because a page is for everybody

  /// Whether it was made within that day, or hour, which was not over then.
  bool is_so_far(const std::string& time) const { return made.starts_with(time); }
};

/// How many days there are in it.
std::int64_t days_in(const Period& period);

/// Throws StoreError.
Figures read_figures(Administration& administration, const Settings& settings, const Period& period,
                     const RecipientDomain& domain = {});

/// Some of the durations.
struct Bin {
  std::chrono::seconds from{0};
  std::optional<std::chrono::seconds> to{};  // before that; nothing for the last
  std::uint64_t count = 0;
};

/// From less than a minute to a day and more: always the same twelve.
std::vector<Bin> histogram(const Durations& durations);

/// What would have become of first retries with some block.
struct BlockShare {
  std::chrono::minutes block{0};
  std::uint64_t in_time = 0;  // first retries that came when such a block would have been over
  bool is_current = false;
};

/// For blocks from a minute to an hour, and for the current one.
std::vector<BlockShare> block_shares(const Durations& first_retries, std::chrono::minutes current);

/// The longest block, of an hour at most, that makes no more than one in twenty of the first retries wait
/// which any block would let through: those that came after a minute or later. Nothing where they are too few
/// to say.
std::optional<std::chrono::minutes> best_block(const Durations& first_retries);

}  // namespace greylisting::ctl
