#include "ctl/records/first_passes.h"

#include <algorithm>

#include "text/utc.h"

namespace greylisting::ctl {

std::string FirstPasses::of(const Record& record) {
  if (record.passed == 0) return "";
  if (record.passed == 1 && record.is_last_an_attempt()) return record.last_seen;
  if (!by_record_) {
    by_record_.emplace();
    for (const std::time_t hour : journal_.hours()) {
      journal_.read(hour, [this](const JournalLine& line) {
        if (line.reason != Reason::retried) return;
        const auto attempt = attempt_of(line);
        if (attempt && attempt->record != 0)
          by_record_->insert_or_assign(std::to_string(attempt->record), line.time);
      });
    }
  }
  const auto found = by_record_->find(record.id);
  if (found == by_record_->end()) return "";
  // One of a former life of the record is none of this one.
  const std::string time = stored_time(found->second);
  return time < record.first_seen ? "" : std::min(time, record.last_seen);
}

std::optional<std::chrono::seconds> waited(const Record& record, const std::string& first_pass) {
  const auto first = time_of(record.first_seen);
  const auto passed = time_of(first_pass);
  if (!first || !passed || record.blocked == 0) return std::nullopt;
  return std::chrono::seconds(std::max<std::time_t>(*passed - *first, 0));
}

}  // namespace greylisting::ctl
