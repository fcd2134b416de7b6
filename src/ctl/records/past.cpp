#include "ctl/records/past.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "ctl/records/counted_network.h"
#include "text/number.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

// The host's clock and the store's, and the time from the decision to its line.
constexpr std::time_t kAbout = 2;

bool is_about(std::time_t a, std::time_t b) { return std::abs(a - b) <= kAbout; }

std::time_t moment(const std::string& stored) { return time_of(stored).value_or(0); }

bool is_counted(const PastAttempt& attempt) {
  return attempt.reason && Decision{.reason = *attempt.reason}.is_recorded();
}

// What a record tells of its first and its last attempt.
std::vector<PastAttempt> attempts_of(const Record& record) {
  std::vector<PastAttempt> attempts;
  const auto add = [&](const std::string& time, Reason reason, bool is_one_of_many = false) {
    attempts.push_back({.time = moment(time),
                        .reason = reason,
                        .client = record.client,
                        .entry = "",
                        .is_accepted = outcome_of(reason) == Outcome::accepted,
                        .is_one_of_many = is_one_of_many});
  };
  if (record.blocked > 0) add(record.first_seen, Reason::new_triplet);
  if (!record.is_last_an_attempt()) return attempts;
  if (record.passed == 0 && record.blocked > 1) add(record.last_seen, Reason::early);
  if (record.passed == 1) add(record.last_seen, Reason::retried);
  if (record.passed > 1) add(record.last_seen, Reason::known, true);
  return attempts;
}

}  // namespace

std::optional<Wait> Story::wait() const {
  std::optional<Wait> wait;
  for (const PastAttempt& attempt : attempts) {
    if (attempt.is_accepted) {
      if (wait && !wait->passed) wait->passed = attempt;
    } else {
      if (!wait || wait->passed) wait = Wait{.first = attempt.time};
      wait->last = attempt;
    }
  }
  return wait;
}

const Record* Story::made_at(std::time_t time) const {
  const auto found = std::ranges::find_if(
      records, [time](const Record& record) { return is_about(moment(record.first_seen), time); });
  return found == records.end() ? nullptr : &*found;
}

void Past::add(const Record& record) {
  const Pair pair{record.sender, record.recipient};
  pairs_.insert_or_assign(number_of<std::uint64_t>(record.id).value_or(0), pair);
  if (!record.pool.empty()) return;
  Story& story = stories_[pair];
  story.sender = record.sender;
  story.recipient = record.recipient;
  story.records.push_back(record);
}

bool Past::knows(const JournalAttempt& attempt) const {
  return pairs_.contains(attempt.record) || stories_.contains({attempt.sender, attempt.recipient});
}

void Past::add(const JournalLine& line, const JournalAttempt& attempt) {
  const auto known = pairs_.find(attempt.record);
  const Pair pair = known == pairs_.end() ? Pair{attempt.sender, attempt.recipient} : known->second;
  Story& story = stories_[pair];
  story.sender = pair.first;
  story.recipient = pair.second;
  const bool is_accepted =
      line.reason ? outcome_of(*line.reason) == Outcome::accepted : settings_.on_error == OnError::accept;
  story.attempts.push_back({.time = line.time,
                            .reason = line.reason,
                            .client = attempt.client,
                            .entry = attempt.entry,
                            .is_accepted = is_accepted});
}

std::vector<Story> Past::stories() const {
  std::vector<Story> stories;
  stories.reserve(stories_.size());
  for (const auto& [pair, story] : stories_) stories.push_back(finished(story));
  std::erase_if(stories, [](const Story& story) { return story.attempts.empty(); });
  std::ranges::stable_sort(stories, std::ranges::greater(),
                           [](const Story& story) { return story.attempts.back().time; });
  return stories;
}

Story Past::finished(Story story) const {
  const std::vector<PastAttempt> of_journal = story.attempts;
  for (const Record& record : story.records) {
    const std::string network = network_of_client(record.client, settings_);
    const std::time_t begin = moment(record.first_seen) - kAbout;
    const auto is_its = [&](const PastAttempt& attempt) {
      return attempt.time >= begin && is_counted(attempt) &&
             network_of_client(attempt.client, settings_) == network;
    };
    auto timed = static_cast<unsigned long>(std::ranges::count_if(of_journal, is_its));
    for (const PastAttempt& attempt : attempts_of(record)) {
      if (std::ranges::any_of(of_journal, [&](const PastAttempt& other) {
            return is_its(other) && is_about(other.time, attempt.time);
          }))
        continue;
      story.attempts.push_back(attempt);
      ++timed;
    }
    story.untimed += record.blocked + record.passed - std::min(record.blocked + record.passed, timed);
  }
  std::ranges::stable_sort(story.attempts, {}, &PastAttempt::time);
  return story;
}

}  // namespace greylisting::ctl
