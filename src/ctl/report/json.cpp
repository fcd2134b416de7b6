#include "ctl/report/json.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

Json share(std::uint64_t part, std::uint64_t all) {
  return all == 0 ? Json() : Json(static_cast<double>(part) / static_cast<double>(all));
}

Json json_of_decisions(const Tally& tally) {
  Json reasons = Json::object();
  for (const Reason reason : kReasons) {
    if (const std::uint64_t count = tally.of(reason); count > 0) reasons.set(name(reason), count);
  }
  return {{"accepted", tally.of(Outcome::accepted)},
          {"deferred", tally.of(Outcome::deferred)},
          {"rejected", tally.of(Outcome::rejected)},
          {"errors", tally.errors()},
          {"reasons", reasons}};
}

Json json_of(const Durations& durations) {
  Json percentiles = Json::object();
  for (const unsigned percent : {50U, 75U, 90U, 95U, 99U}) {
    const auto duration = percentile(durations, percent);
    percentiles.set('p' + std::to_string(percent), duration ? Json(duration->count()) : Json());
  }
  Json bins = Json::array();
  for (const Bin& bin : histogram(durations)) {
    bins.push_back(
        {{"from", bin.from.count()}, {"to", bin.to ? Json(bin.to->count()) : Json()}, {"count", bin.count}});
  }
  return {{"count", total(durations)}, {"percentiles", percentiles}, {"histogram", bins}};
}

Json json_of(const RecordCounts& records) {
  return {{"all", records.all()},
          {"passed", records.passed},
          {"retried", records.retried},
          {"never_retried", records.never_retried},
          {"undecided", records.undecided},
          {"never_retried_share", share(records.never_retried, records.all())},
          {"undecided_share", share(records.undecided, records.all())}};
}

Json json_of(const Tally& tally, const RecordCounts& records) {
  return {{"decisions", json_of_decisions(tally)},
          {"waits", json_of(tally.waits)},
          {"first_retries", json_of(tally.first_retries)},
          {"records", json_of(records)}};
}

Json json_of(const std::vector<NameCount>& names) {
  Json array = Json::array();
  for (const auto& [name, count] : names) array.push_back({{"name", one_line(name)}, {"count", count}});
  return array;
}

Json json_of_days(const Figures& figures) {
  Json array = Json::array();
  for (const DayFigures& day : figures.days) {
    Json object{{"day", day.date}};
    object.set(json_of(day.tally, day.records));
    array.push_back(object);
  }
  return array;
}

Json json_of_hours(const Figures& figures) {
  Json array = Json::array();
  for (const auto& [hour, tally] : figures.hours)
    array.push_back({{"hour", rfc_3339(hour)}, {"decisions", json_of_decisions(tally)}});
  return array;
}

Json json_of_blocks(const Figures& figures) {
  const std::uint64_t all = total(figures.total.first_retries);
  Json array = Json::array();
  for (const BlockShare& block : block_shares(figures.total.first_retries, figures.block)) {
    array.push_back({{"block", block.block.count()},
                     {"current", block.is_current},
                     {"in_time", block.in_time},
                     {"share", share(block.in_time, all)}});
  }
  return array;
}

Json json_of_pools(const Figures& figures) {
  Json array = Json::array();
  for (const PoolCounts& pool : figures.pools) {
    array.push_back({{"domain", one_line(pool.domain)},
                     {"messages", pool.messages},
                     {"networks", pool.networks},
                     {"longest_wait", pool.longest.count()},
                     {"in_vain", pool.in_vain}});
  }
  return array;
}

}  // namespace

Json json_of(const Figures& figures) {
  const auto best = best_block(figures.total.first_retries);
  return {{"since", figures.period.first},
          {"until", figures.period.last},
          {"made", rfc_3339(figures.made)},
          {"recipient_domain", figures.domain.is_all() ? Json() : Json(figures.domain.name)},
          {"block_expire", figures.block.count()},
          {"best_block", best ? Json(best->count()) : Json()},
          {"hashed", figures.has_hashes},
          {"may_count_twice", figures.may_count_twice},
          {"total", json_of(figures.total, figures.records)},
          {"days", json_of_days(figures)},
          {"hours", json_of_hours(figures)},
          {"blocks", json_of_blocks(figures)},
          {"clients", json_of(figures.clients)},
          {"sender_domains", json_of(figures.sender_domains)},
          {"recipients", json_of(figures.recipients)},
          {"pools", json_of_pools(figures)}};
}

}  // namespace greylisting::ctl
