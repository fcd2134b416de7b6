#include "ctl/report/moved_messages.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

namespace greylisting::ctl {
namespace {

using Trials = std::deque<Trial>::const_iterator;

constexpr std::uint32_t kDay = 24 * 60 * 60;

// The end of the message that begins there.
Trials end_of_message(const Trials& begin, const Trials& end) {
  const auto is_next_another = [](const Trial& trial, const Trial& next) {
    return next.message != trial.message || next.first - trial.first > kDay;
  };
  const auto last = std::adjacent_find(begin, end, is_next_another);
  return last == end ? end : last + 1;
}

std::uint64_t in_vain(const Trials& begin, const Trials& end) {
  std::uint64_t count = 0;
  std::optional<std::uint32_t> first;
  for (auto trial = begin; trial != end; ++trial) {
    if (!trial->is_never_retried) continue;
    if (!first) first = trial->network;
    if (trial->network != *first) ++count;
  }
  return count;
}

// When the first of them passed, or the last was last tried.
std::uint32_t end_of_wait(const Trials& begin, const Trials& end) {
  std::optional<std::uint32_t> passed;
  std::uint32_t tried = 0;
  for (auto trial = begin; trial != end; ++trial) {
    if (trial->has_passed) passed = std::min(passed.value_or(trial->last), trial->last);
    tried = std::max(tried, trial->last);
  }
  return passed.value_or(tried);
}

}  // namespace

std::vector<MovedMessage> moved_messages(std::deque<Trial>& trials) {
  std::ranges::sort(trials, {},
                    [](const Trial& trial) { return std::tuple(trial.message, trial.first, trial.record); });
  std::vector<MovedMessage> messages;
  for (auto begin = trials.cbegin(); begin != trials.cend();) {
    const auto end = end_of_message(begin, trials.cend());
    if (end - begin > 1 && std::any_of(begin, end, [](const Trial& t) { return t.is_never_retried; })) {
      std::set<std::uint32_t> networks;
      std::for_each(begin, end, [&](const Trial& trial) { networks.insert(trial.network); });
      if (networks.size() > 1) {
        messages.push_back(
            {.record = begin->record,
             .in_vain = in_vain(begin, end),
             .networks = networks.size(),
             .wait = std::chrono::seconds(std::max(end_of_wait(begin, end), begin->first) - begin->first)});
      }
    }
    begin = end;
  }
  return messages;
}

}  // namespace greylisting::ctl
