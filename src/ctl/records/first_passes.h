// first_passes: when records passed for the first time, and how long their mail had waited by then.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ctl/records/record_table.h"
#include "host/journal.h"

namespace greylisting::ctl {

class FirstPasses {
 public:
  /// A record says it as long as it has passed once; of others the journal of this host does, for about two
  /// days. It is read when the first of them is asked for.
  explicit FirstPasses(const Journal& journal) : journal_(journal) {}

  /// `YYYY-MM-DD hh:mm:ss`, UTC; empty where it has not passed, or nobody knows when it did so first.
  std::string of(const Record& record);

 private:
  const Journal& journal_;
  std::optional<std::unordered_map<std::string, std::time_t>> by_record_{};  // by id
};

/// From its first attempt until then; nothing where that is not known, or it was let pass before any attempt.
std::optional<std::chrono::seconds> waited(const Record& record, const std::string& first_pass);

}  // namespace greylisting::ctl
