#include "ctl/records/recent.h"

#include <vector>

#include "text/utc.h"

namespace greylisting::ctl {

Recent recent(const Journal& journal, const RecipientDomain& domain, std::time_t since, std::time_t now) {
  Recent recent;
  for (const std::time_t hour : journal.hours()) {
    if (hour + kHour <= since) continue;
    journal.read(hour, [&](const JournalLine& line) {
      if (line.time <= since || line.time > now || !is_of(line, domain)) return;
      recent.tally.add(line);
      if (line.is_first_retry && line.time - line.age.count() > since) ++recent.came_back;
    });
  }
  return recent;
}

OtherHosts other_hosts(History& history, std::time_t since, std::time_t now) {
  OtherHosts others;
  const std::string own = host_name();
  for (const HistoryRow& row : history.read_tallies({}, stored_time(since), stored_time(now))) {
    if (row.host == own) continue;
    add(others.tally, row);
    others.names.insert(row.host);
  }
  return others;
}

Tally counted_by_this_host(const Journal& journal, History& history) {
  Tally sum;
  read_before_history(journal, [&](const std::vector<std::time_t>& hours) {
    std::vector<std::string> in_journal;
    sum = {};
    for (const std::time_t hour : hours) {
      in_journal.push_back(stored_time(hour));
      journal.read(hour, [&sum](const JournalLine& line) { sum.add(line); });
    }
    sum.add(history.tally_of(host_name(), in_journal));
  });
  return sum;
}

}  // namespace greylisting::ctl
