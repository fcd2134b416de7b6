// entry_search: the few entries of a store that have to do with a pattern, found by the keys by which a
// decision finds them (pattern.h), however many entries there are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/lists/entry_table.h"

namespace greylisting::ctl {

class EntrySearch {
 public:
  EntrySearch(Administration& administration, const Settings& settings)
      : table_(administration, settings), dialect_(administration.dialect()) {}

  /// Those that are not over and can match some of the attempts that `pattern` matches: the same pattern, the
  /// networks or domains around it, the regular expressions of its kind, the first thousand networks within
  /// it. Names and addresses within a domain are not among them, nor what a regular expression matches. In
  /// the order of EntryTable::all. Throws StoreError.
  std::vector<StoredEntry> around(const Pattern& pattern);

  /// Those with that pattern, whatever they do, in whatever form it is written, or of the range of addresses
  /// that it is; and those where no pattern stands but that text, to the letter. `subject` is `client`,
  /// `sender` or `recipient`. In the order of EntryTable::all. Throws StoreError.
  std::vector<StoredEntry> of(const std::string& subject, const std::string& text);

 private:
  std::vector<StoredEntry> entries_with(const std::vector<std::string>& keys, const std::string& more);
  std::vector<StoredEntry> lists_for(const Pattern& pattern, const std::string& more);
  std::string text_literal(std::string_view text) const { return sql::text_literal(text, dialect_); }

  EntryTable table_;
  sql::Dialect dialect_;
};

}  // namespace greylisting::ctl
