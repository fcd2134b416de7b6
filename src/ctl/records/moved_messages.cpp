#include "ctl/records/moved_messages.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace greylisting::ctl {
namespace {

using Trials = std::deque<Trial>::const_iterator;

constexpr std::uint32_t kMinute = 60;
constexpr std::uint32_t kDay = 24 * 60 * kMinute;

// The end of the message that begins there.
Trials end_of_message(const Trials& begin, const Trials& end) {
  std::uint32_t last_over = begin->first;
  std::uint32_t passed = begin->first + kDay;
  auto trial = begin;
  for (; trial != end && trial->message == begin->message; ++trial) {
    if (trial->first > std::min(last_over, passed)) break;
    last_over = std::max(last_over, trial->first + trial->minutes * kMinute);
    if (trial->is_pass_known) passed = std::min(passed, trial->last);
  }
  return trial;
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

std::optional<MovedMessage> moved_message(const Trials& begin, const Trials& end) {
  std::set<std::uint32_t> networks;
  std::for_each(begin, end, [&](const Trial& trial) { networks.insert(trial.network); });
  if (networks.size() < 2) return std::nullopt;
  MovedMessage message{
      .record = begin->record,
      .first = begin->first,
      .in_vain = in_vain(begin, end),
      .networks = networks.size(),
      .wait = std::chrono::seconds(std::max(end_of_wait(begin, end), begin->first) - begin->first)};
  for (auto trial = begin; trial != end; ++trial) {
    if (!trial->has_passed) message.failed.push_back(trial->record);
    if (trial->is_never_retried) ++message.never_retried;
    if (trial->is_undecided) message.is_undecided = true;
  }
  if (message.never_retried == 0 && !message.is_undecided) return std::nullopt;
  return message;
}

}  // namespace

std::vector<MovedMessage> moved_messages(std::deque<Trial>& trials) {
  std::ranges::sort(trials, {},
                    [](const Trial& trial) { return std::tuple(trial.message, trial.first, trial.record); });
  std::vector<MovedMessage> messages;
  for (auto begin = trials.cbegin(); begin != trials.cend();) {
    const auto end = end_of_message(begin, trials.cend());
    if (end - begin > 1) {
      if (auto message = moved_message(begin, end)) messages.push_back(std::move(*message));
    }
    begin = end;
  }
  return messages;
}

}  // namespace greylisting::ctl
