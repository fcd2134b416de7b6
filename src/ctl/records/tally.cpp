#include "ctl/records/tally.h"

#include <array>
#include <numeric>

namespace greylisting::ctl {
namespace {

using std::chrono::seconds;

std::uint64_t count_of(const Tally& tally, std::string_view name) {
  const auto found = tally.decisions.find(name);
  return found == tally.decisions.end() ? 0 : found->second;
}

void add_to(Durations& durations, const Durations& others) {
  for (const auto& [duration, count] : others) durations[duration] += count;
}

}  // namespace

seconds stepped(seconds duration) {
  struct Step {
    seconds up_to;
    seconds width;
  };
  using namespace std::chrono_literals;
  constexpr std::array kSteps{Step{10min, 5s}, Step{2h, 1min}, Step{12h, 5min}};
  for (const auto& [up_to, width] : kSteps) {
    if (duration < up_to) return duration / width * width;
  }
  return duration / 1h * seconds(1h);
}

std::optional<seconds> percentile(const Durations& durations, unsigned percent) {
  const std::uint64_t rank = (total(durations) * percent + 99) / 100;
  std::uint64_t seen = 0;
  for (const auto& [duration, count] : durations) {
    seen += count;
    if (seen >= rank) return duration;
  }
  return std::nullopt;
}

std::uint64_t total(const Durations& durations) {
  return std::accumulate(durations.begin(), durations.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& each) { return sum + each.second; });
}

void Tally::add(const JournalLine& line) {
  ++decisions[std::string(line.reason ? name(*line.reason) : kErrors)];
  if (line.reason == Reason::retried) ++waits[stepped(line.age)];
  if (line.is_first_retry) ++first_retries[stepped(line.age)];
}

void Tally::add(const Tally& other) {
  for (const auto& [reason, count] : other.decisions) decisions[reason] += count;
  add_to(waits, other.waits);
  add_to(first_retries, other.first_retries);
}

std::uint64_t Tally::of(Reason reason) const { return count_of(*this, name(reason)); }

std::uint64_t Tally::errors() const { return count_of(*this, kErrors); }

std::uint64_t Tally::of(Outcome outcome) const {
  std::uint64_t sum = 0;
  for (const Reason reason : kReasons) {
    if (outcome_of(reason) == outcome) sum += of(reason);
  }
  return sum;
}

std::uint64_t decisions(const Tally& tally) {
  return tally.of(Outcome::accepted) + tally.of(Outcome::deferred) + tally.of(Outcome::rejected) +
         tally.errors();
}

}  // namespace greylisting::ctl
