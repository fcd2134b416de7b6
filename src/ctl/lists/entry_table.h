// entry_table: the entries of a store: greylisting_entries, and greylisting_lists beside it, which is only
// read and deleted from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/administration/administration.h"
#include "lists/entry.h"

namespace greylisting::ctl {

/// An entry as it is stored.
struct StoredEntry {
  std::string id;       // `entries/3`, `lists/17`
  std::string action;   // of a row of greylisting_lists: what it amounts to
  std::string kind;     // as in greylisting_entries
  std::string pattern;  // likewise; of a row of greylisting_lists: what is the same
  std::string block;    // minutes; empty for none
  std::string reply;    // empty for none
  std::string expires;
  std::string comment;
  bool is_over = false;

  // What was made of the pattern when it was stored: hexadecimal digits, and a number. Empty for rows of
  // greylisting_lists.
  std::string subject{};
  std::string network_end{};
  std::string specificity{};
};

/// The word in front of its pattern: `client`, `sender`, `recipient`.
std::string subject_of(const StoredEntry& stored);

/// `entries/3: allow client 192.0.2.0/24`
std::string line_of(const StoredEntry& stored);

/// What it means. Throws PatternError, or std::runtime_error when it is none that this version makes.
Entry read(const StoredEntry& stored);

/// The same; nothing in place of an error.
std::optional<Entry> try_to_read(const StoredEntry& stored);

/// Whether it is the id of such an entry, and no place in a file or of another kind.
bool is_id_of_stored(std::string_view place);

/// ` until 2026-12-21 06:11:44 UTC`, or ` for ever`
std::string until(const std::string& expires);

/// Entries that allow a client by its name have no effect unless the settings say that names can be
/// believed.
bool allows_by_unbelieved_name(const Entry& entry, const Settings& settings);

/// What is said of such entries.
inline constexpr std::string_view kNoEffectByName =
    "which has no effect while trust_remote_host=never (regular expressions: on addresses alone)";

/// The values of an entry's columns that differ from what its pattern makes: `subject, specificity`; empty
/// for none.
std::string outdated_columns(const StoredEntry& stored, const Pattern& pattern);

/// Every function throws StoreError.
class EntryTable {
 public:
  EntryTable(Administration& administration, const Settings& settings)
      : administration_(administration), is_explicit_(settings.explicit_only) {}

  /// Those of greylisting_entries by number, then those of greylisting_lists.
  std::vector<StoredEntry> all();

  /// Those of greylisting_entries with that action and one of those patterns.
  std::vector<StoredEntry> find(Action action, const std::vector<Pattern>& patterns);

  /// The entry of that form of `id`, or of a range of them (`entries/3-17`); nothing when there is none. A
  /// row of greylisting_lists can be two.
  std::vector<StoredEntry> with_id(const std::string& id);

  /// Those ids of greylisting_entries as ranges, within which there are no others: `entries/3-17`.
  std::vector<std::string> ranges_of(const std::vector<std::string>& ids);

  /// Adds entries, or changes those with the same action and pattern, in one statement. At most a thousand.
  void put(const std::vector<Entry>& entries);

  /// Deletes entries of that form of `id`; one that is not there is none.
  void remove(const std::vector<std::string>& ids);

  /// The rows of greylisting_entries, and of greylisting_lists, that SQL after their names leaves.
  std::vector<StoredEntry> entries(const std::string& clauses);
  std::vector<StoredEntry> lists(const std::string& clauses);

 private:
  std::string literal(std::string_view text) const {
    return sql::text_literal(text, administration_.dialect());
  }
  std::string row_of(const Entry& entry) const;

  Administration& administration_;
  bool is_explicit_;
};

}  // namespace greylisting::ctl
