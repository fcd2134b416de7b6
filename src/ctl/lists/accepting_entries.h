// accepting_entries: the entries that have accepted mail, looked up by the places that the journal names.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "ctl/lists/entry_table.h"
#include "lists/list_file.h"

namespace greylisting::ctl {

class AcceptingEntries {
 public:
  AcceptingEntries(Administration& administration, const Settings& settings)
      : table_(administration, settings), settings_(settings) {}

  /// Whether the entry there, which has accepted an attempt, goes on to count where `entry` matches the same.
  /// False for one that is not there any more, and for an empty `place`. Throws StoreError.
  bool wins(const std::string& place, const Entry& entry);

 private:
  std::optional<Entry> at(const std::string& place);

  EntryTable table_;
  const Settings& settings_;
  std::unordered_map<std::string, std::optional<Entry>> entries_{};  // by place
};

}  // namespace greylisting::ctl
