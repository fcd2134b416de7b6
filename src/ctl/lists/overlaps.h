// overlaps: what the entries that are there already, in the store and in this host's files, decide of the
// same attempts as one more.
#pragma once

#include <string>
#include <vector>

#include "ctl/lists/entry_search.h"
#include "lists/entry.h"
#include "settings/settings.h"

namespace greylisting::ctl {

/// An entry, and where it is: `entries/3`, `control/greylisting_deny:12`.
struct OtherEntry {
  Entry entry;
  std::string place;
  bool is_stored = true;
};

class Overlaps {
 public:
  /// Reads this host's files. `now` is the store's time.
  Overlaps(Administration& administration, const Settings& settings, const std::string& now);

  /// A sentence for each entry that matches some of the attempts that `entry` matches and that would not
  /// decide alike: which of both counts, and why; and one where the entry itself changes nothing. Of the
  /// store's entries those that EntrySearch::around finds. Throws StoreError.
  std::vector<std::string> notes_about(const Entry& entry);

 private:
  EntrySearch search_;
  const Settings& settings_;
  std::vector<OtherEntry> of_files_{};
};

}  // namespace greylisting::ctl
