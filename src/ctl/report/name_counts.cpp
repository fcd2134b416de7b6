#include "ctl/report/name_counts.h"

#include <algorithm>
#include <utility>

namespace greylisting::ctl {

void NameCounts::add(std::string_view name, std::uint64_t count) {
  if (const auto found = counts_.find(name); found != counts_.end()) {
    found->second += count;
    return;
  }
  if (counts_.size() >= most_) forget_rare();
  counts_.emplace(name, count);
}

void NameCounts::forget_rare() {
  while (counts_.size() > most_ / 2) {
    ++rare_;
    std::erase_if(counts_, [this](const auto& each) { return each.second <= rare_; });
  }
}

std::vector<NameCount> NameCounts::top(std::size_t number) const {
  std::vector<NameCount> top(std::min(number, counts_.size()));
  std::vector<const std::pair<const std::string, std::uint64_t>*> all;
  all.reserve(counts_.size());
  for (const auto& each : counts_) all.push_back(&each);
  const auto is_before = [](const auto* a, const auto* b) {
    return a->second != b->second ? a->second > b->second : a->first < b->first;
  };
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(top.size());
  std::partial_sort(all.begin(), end, all.end(), is_before);
  const auto with_count = [](const auto* each) { return NameCount{each->first, each->second}; };
  std::transform(all.begin(), end, top.begin(), with_count);
  return top;
}

}  // namespace greylisting::ctl
