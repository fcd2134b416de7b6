#include "ctl/report/figures.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "ctl/records/history.h"
#include "lists/entry.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kLongestTable = 10;

std::string next_day(const std::string& date) {
  return later(date + " 00:00:00", std::chrono::days(1)).substr(0, date.size());
}

std::string midnight(const std::string& date) { return date + " 00:00:00"; }

// Day by day, so that no statement reads for long.
void read_tallies(Administration& administration, const Settings& settings, Figures& figures) {
  const Journal journal(settings);
  History history(administration);
  for (DayFigures& day : figures.days) {
    for (auto& [period, tally] :
         tallies(journal, history, figures.domain, midnight(day.date), midnight(next_day(day.date)))) {
      day.tally.add(tally);
      if (figures.domain.is_all()) figures.hours[period].decisions = std::move(tally.decisions);
    }
    figures.total.add(day.tally);
    figures.records.add(day.records);
  }
}

// Returns the first day of which anything is known; that of `until` where there is none.
std::string read_tallies_before(Administration& administration, const Settings& settings,
                                const std::string& since, const std::string& until, Figures& figures) {
  std::string first = until;
  const Journal journal(settings);
  History history(administration);
  for (std::string day = since; day < until; day = later(day, std::chrono::days(1))) {
    for (const auto& [period, tally] :
         tallies(journal, history, figures.domain, day, later(day, std::chrono::days(1)))) {
      first = std::min(first, period);
      figures.total_before.add(tally);
    }
  }
  return first.substr(0, first.find(' '));
}

// The first day of which anything is known; after the period when there is none.
std::string first_known_day(Administration& administration, const Settings& settings, const Figures& figures,
                            const RecordFigures& records) {
  const Period& period = figures.period;
  std::string first = next_day(period.last);
  if (!records.days.empty()) first = std::min(first, records.days.begin()->first);
  const auto hours = Journal(settings).hours();
  const std::string begin = midnight(period.first);
  for (const std::time_t hour : hours) {
    if (const std::string time = stored_time(hour); time >= begin) {
      first = std::min(first, time.substr(0, first.size()));
      break;
    }
  }
  const std::string known = History(administration).first_period(figures.domain, begin);
  if (!known.empty()) first = std::min(first, known.substr(0, first.size()));
  return first;
}

// What came most often without what was of messages that came from several networks.
std::vector<NameCount> top_without(const NameCounts& counts,
                                   const std::map<std::string, std::uint64_t>& moved) {
  std::vector<NameCount> top = counts.top(kLongestTable + moved.size());
  for (NameCount& name : top) {
    if (const auto found = moved.find(name.name); found != moved.end())
      name.count -= std::min(name.count, found->second);
  }
  std::erase_if(top, [](const NameCount& name) { return name.count == 0; });
  std::ranges::stable_sort(top, std::greater(), &NameCount::count);
  if (top.size() > kLongestTable) top.resize(kLongestTable);
  return top;
}

std::vector<PoolCounts> top_pools(const RecordFigures& records) {
  std::vector<PoolCounts> pools;
  pools.reserve(records.pools.size());
  for (const auto& [domain, pool] : records.pools) pools.push_back(pool);
  std::ranges::stable_sort(pools, std::greater(), [](const PoolCounts& pool) {
    return std::pair(pool.messages + pool.in_vain, pool.longest);
  });
  if (pools.size() > kLongestTable) pools.resize(kLongestTable);
  return pools;
}

std::uint64_t in_time(const Durations& first_retries, minutes block) {
  std::uint64_t count = 0;
  for (auto each = first_retries.lower_bound(block); each != first_retries.end(); ++each)
    count += each->second;
  return count;
}

}  // namespace

std::int64_t days_in(const Period& period) {
  return (time_of(midnight(period.last)).value_or(0) - time_of(midnight(period.first)).value_or(0)) / kDay +
         1;
}

Figures read_figures(Administration& administration, const Settings& settings, const Period& period,
                     const RecipientDomain& domain) {
  Figures figures{.period = period,
                  .domain = domain,
                  .host = host_name(),
                  .made = administration.now(),
                  .block = settings.block_expire,
                  .has_hashes = settings.privacy == Privacy::hash};
  const std::string end = next_day(period.last);
  const std::string begin = midnight(period.first);
  const std::string earlier = later(begin, -std::chrono::days(days_in(period)));
  RecordFigures records =
      read_records(administration, settings,
                   {.since = begin, .until = midnight(end), .earlier = earlier, .domain = domain});
  std::string first_before = records.days.empty() ? period.first : records.days.begin()->first;
  for (auto day = records.days.begin(); day != records.days.end() && day->first < period.first;
       day = records.days.erase(day))
    figures.records_before.add(day->second);
  figures.may_count_twice = records.may_count_twice;
  for (std::string date = first_known_day(administration, settings, figures, records); date < end;
       date = next_day(date))
    figures.days.push_back({.date = date, .records = records.days[date]});
  read_tallies(administration, settings, figures);
  first_before =
      std::min(first_before, read_tallies_before(administration, settings, earlier, begin, figures));
  figures.days_before = days_in({.first = first_before, .last = period.first}) - 1;
  figures.recipients = top_without(records.recipients, records.moved_recipients);
  if (!domain.is_all()) return figures;
  figures.clients = top_without(records.clients, records.moved_clients);
  figures.sender_domains = top_without(records.sender_domains, records.moved_sender_domains);
  figures.pools = top_pools(records);
  return figures;
}

std::vector<Bin> histogram(const Durations& durations) {
  using namespace std::chrono_literals;
  constexpr std::array<seconds, 12> kBegins{0s, 1min, 5min, 10min, 15min, 30min, 1h, 2h, 4h, 8h, 12h, 24h};
  std::vector<Bin> bins;
  for (const seconds begin : kBegins) {
    if (!bins.empty()) bins.back().to = begin;
    bins.push_back({.from = begin});
  }
  for (const auto& [duration, count] : durations) {
    const auto bin = std::ranges::upper_bound(bins, duration, {}, &Bin::from);
    (bin - 1)->count += count;
  }
  return bins;
}

std::vector<BlockShare> block_shares(const Durations& first_retries, minutes current) {
  std::vector<minutes> blocks{minutes(1),  minutes(5),  minutes(10), minutes(15),
                              minutes(30), minutes(55), current};
  std::ranges::sort(blocks);
  blocks.erase(std::unique(blocks.begin(), blocks.end()), blocks.end());
  std::vector<BlockShare> shares;
  shares.reserve(blocks.size());
  for (const minutes block : blocks) {
    shares.push_back(
        {.block = block, .in_time = in_time(first_retries, block), .is_current = block == current});
  }
  return shares;
}

std::optional<minutes> best_block(const Durations& first_retries) {
  constexpr minutes kLongest{60};
  constexpr std::uint64_t kFew = 20;
  const std::uint64_t all = in_time(first_retries, minutes(1));
  if (all < kFew) return std::nullopt;
  minutes best{1};
  while (best < kLongest && in_time(first_retries, best + minutes(1)) * kFew >= all * (kFew - 1)) ++best;
  return best;
}

}  // namespace greylisting::ctl
