#include <algorithm>
#include <chrono>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ctl/commands.h"
#include "ctl/print/figure_words.h"
#include "ctl/print/progress.h"
#include "ctl/print/take_back.h"
#include "ctl/print/typed_command.h"
#include "ctl/providers/owners.h"
#include "ctl/records/meta.h"
#include "ctl/records/table_rows.h"
#include "mail/fingerprint.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

// Rows of one transaction.
constexpr std::size_t kSlice = 1000;

// How often a slice is read again that mail keeps changing.
constexpr int kTries = 5;

constexpr std::size_t kMaxKeys = 5;  // of rows that differ, in a message

// In the destination's greylisting_meta, until a copy is complete: which store it is of.
constexpr const char* kCopyMark = "copy_from";

// Which store a word on the command line means, as the settings that open it.
struct Place {
  Settings settings;
  std::string name;  // `sqlite:greylisting/greylisting.db`

  bool is_mysql() const { return settings.store == StoreKind::mysql; }
};

Place place_of(const std::string& word, const char* option, const Settings& settings) {
  const auto colon = word.find(':');
  const std::string kind = word.substr(0, colon);
  std::string file = colon == std::string::npos ? "" : word.substr(colon + 1);
  Place place{.settings = settings, .name = ""};
  if ((kind != "mysql" && kind != "sqlite") || (colon != std::string::npos && file.empty())) {
    throw UsageError(std::string(option) + ": " + in_quotes(word) +
                     " is not a store: sqlite, sqlite:FILE, mysql or mysql:OPTIONFILE");
  }
  place.settings.store = kind == "mysql" ? StoreKind::mysql : StoreKind::sqlite;
  if (place.is_mysql()) {
    if (file.empty()) file = settings.admin_option_file();
    if (file.empty()) {
      throw UsageError(std::string(option) +
                       ": control/greylisting names no option file; write mysql:control/mysql-admin.cnf");
    }
    place.settings.mysql_admin_file = file;
  } else {
    if (file.empty()) file = settings.sqlite_file;
    place.settings.sqlite_file = file;
  }
  place.name = kind + ':' + file;
  return place;
}

struct Stores {
  std::unique_ptr<Administration> source;
  std::unique_ptr<Administration> destination;
};

// SQLite would make the file.
void require_file(const Place& place, const std::string& option) {
  const std::string& file = place.settings.sqlite_file;
  if (!place.is_mysql() && !std::filesystem::exists(file))
    throw std::runtime_error(file + ": there is no such file; name another with " + option);
}

// An option file may be root's alone, so that what is in MySQL is opened before this process acts as the
// owner of an SQLite file; of two of these the destination's.
Stores open(const Place& from, const Place& to, bool only_compares) {
  require_file(from, "--from");
  if (only_compares) require_file(to, "--to");
  Stores stores;
  if (from.is_mysql()) stores.source = open_administration(from.settings);
  stores.destination = open_administration(to.settings);
  if (!from.is_mysql()) stores.source = open_administration(from.settings);
  return stores;
}

bool is_in_use(Administration& store) {
  const auto& all = tables();
  return std::ranges::any_of(all, [&store](const Table& table) { return has_rows(store, table); });
}

// Empty where there is no copy in the making.
std::string mark_of(Administration& store) {
  return has_table(store, "greylisting_meta") ? meta(store, kCopyMark) : "";
}

void require_source(Administration& source, const Place& from) {
  if (const std::string version = meta(source, "schema_version"); version != sql::kSchemaVersion) {
    throw StoreError(from.name + " has schema version \"" + one_line(version) + "\", and not " +
                         std::string(sql::kSchemaVersion),
                     "bring it to this version first: greylistctl migrate");
  }
  if (const std::string mark = meta(source, kCopyMark); !mark.empty()) {
    throw StoreError(
        from.name + " is itself an unfinished copy of " + one_line(mark),
        "finish that: " +
            TypedCommand("copy").option("--from", one_line(mark)).option("--to", from.name).with({}));
  }
}

// Brings the destination to the schema, unless it has rows of its own, and marks it as a copy in the making.
// Returns whether there are rows that are lost by it.
bool prepare(const Stores& stores, const Place& from, const Place& to, bool overwrites) {
  Administration& destination = *stores.destination;
  const std::string mark = mark_of(destination);
  const bool goes_on = mark == from.name.substr(0, kLongestMeta);
  const bool is_overwritten = !goes_on && is_in_use(destination);
  if (is_overwritten && !overwrites) {
    throw StoreError(
        to.name + (mark.empty() ? " has rows of its own" : " is an unfinished copy of " + one_line(mark)),
        "name an empty store, or have all of it overwritten: --overwrite; whether it is a copy already, "
        "--compare tells");
  }
  for (const std::string& step : destination.migrate()) std::cout << to.name << ": " << step << '\n';
  set_meta(destination, kCopyMark, from.name);
  // The source had none a moment ago.
  if (!meta(*stores.source, kCopyMark).empty()) {
    remove_meta(destination, kCopyMark);
    throw UsageError(from.name + " and " + to.name + " are one and the same store");
  }
  // What fits of a value is stored, and a row with the number 0 keeps it.
  if (destination.dialect() == sql::Dialect::mysql)
    destination.ask("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
  return is_overwritten;
}

// How many rows, and a checksum of them that does not depend on their order: the hashes of all, added bit by
// bit.
struct Sum {
  std::uint64_t rows = 0;
  Fingerprint checksum{};

  void add(const TableRow& row) {
    ++rows;
    const Fingerprint hash = Fingerprinter().of(whole_text(row));
    for (std::size_t i = 0; i < hash.size(); ++i)
      checksum[i] =
          static_cast<char>(static_cast<unsigned char>(checksum[i]) ^ static_cast<unsigned char>(hash[i]));
  }
  std::string text() const { return counted(rows, "row") + ", checksum " + hexadecimal(bytes(checksum)); }
};

// The same range of keys in both stores.
struct Slice {
  std::vector<TableRow> source;
  std::vector<TableRow> destination;
  TableRow end{};  // the last of both; empty where neither store has more
};

// What differs in it.
struct Differences {
  std::vector<TableRow> to_put;     // of the source, that the destination lacks or has otherwise
  std::vector<TableRow> to_delete;  // that the destination alone has

  std::size_t size() const { return to_put.size() + to_delete.size(); }
};

Differences differences(const Table& table, const Slice& slice) {
  Differences found;
  auto here = slice.source.begin();
  auto there = slice.destination.begin();
  while (here != slice.source.end() || there != slice.destination.end()) {
    const auto order = here == slice.source.end()         ? std::strong_ordering::greater
                       : there == slice.destination.end() ? std::strong_ordering::less
                                                          : compare_keys(table, *here, *there);
    if (std::is_gt(order)) {
      found.to_delete.push_back(*there++);
      continue;
    }
    if (std::is_lt(order) || *here != *there) found.to_put.push_back(*here);
    if (std::is_eq(order)) ++there;
    ++here;
  }
  return found;
}

// What came of a table.
struct Comparison {
  Sum source{};
  Sum destination{};
  std::uint64_t differing = 0;
  std::string keys{};  // of the first rows that differ
};

class TableCopy {
 public:
  TableCopy(const Stores& stores, const Table& table)
      : source_(*stores.source), destination_(*stores.destination), table_(table) {}

  // Writes what the destination lacks.
  void write() {
    Progress progress("copying " + std::string(table_.name), count_rows(source_, table_));
    for_each_slice(progress, [this](const TableRow* after) {
      Slice slice = read(after);
      make_equal(differences(table_, slice));
      return slice;
    });
  }

  // Compares both, and writes what has changed at the source meanwhile unless it is only to compare.
  Comparison compare(bool writes) {
    Comparison comparison;
    Progress progress("comparing " + std::string(table_.name), count_rows(source_, table_));
    for_each_slice(progress, [&](const TableRow* after) {
      Slice slice = read(after);
      Differences found = differences(table_, slice);
      for (int tries = 1; writes && found.size() > 0 && tries < kTries; ++tries) {
        make_equal(found);
        slice = read(after);
        found = differences(table_, slice);
      }
      account(comparison, slice, found);
      return slice;
    });
    return comparison;
  }

 private:
  template <typename Work>
  void for_each_slice(Progress& progress, Work work) {
    TableRow last;
    do {
      Slice slice = work(last.empty() ? nullptr : &last);
      progress.advance(slice.source.size());
      last = std::move(slice.end);
    } while (!last.empty());
  }

  // Where there is more in either, both are taken as far as what was read of both goes.
  Slice read(const TableRow* after) {
    Slice slice{.source = rows_after(source_, table_, after, kSlice),
                .destination = rows_after(destination_, table_, after, kSlice)};
    for (const auto* const rows : {&slice.source, &slice.destination}) {
      const bool is_first = rows->size() == kSlice &&
                            (slice.end.empty() || std::is_lt(compare_keys(table_, rows->back(), slice.end)));
      if (is_first) slice.end = rows->back();
    }
    for (auto* const rows : {&slice.source, &slice.destination}) {
      while (!slice.end.empty() && !rows->empty() &&
             std::is_gt(compare_keys(table_, rows->back(), slice.end)))
        rows->pop_back();
    }
    return slice;
  }

  void make_equal(const Differences& differences) {
    delete_rows(destination_, table_, differences.to_delete);
    put_rows(destination_, table_, differences.to_put);
  }

  void account(Comparison& comparison, const Slice& slice, const Differences& found) const {
    for (const TableRow& row : slice.source) comparison.source.add(row);
    for (const TableRow& row : slice.destination) comparison.destination.add(row);
    for (const auto* const rows : {&found.to_put, &found.to_delete}) {
      for (const TableRow& row : *rows) {
        if (++comparison.differing <= kMaxKeys)
          comparison.keys.append(comparison.keys.empty() ? "" : ", ").append(key_text(table_, row));
      }
    }
  }

  Administration& source_;
  Administration& destination_;
  const Table& table_;
};

// Whether the table is the same in both stores.
bool report(const Table& table, const Comparison& comparison) {
  const std::string name(table.name);
  const bool is_same = comparison.differing == 0 && comparison.source.rows == comparison.destination.rows &&
                       comparison.source.checksum == comparison.destination.checksum;
  if (is_same) {
    std::cout << name << ": " << comparison.source.text() << ", the same in both\n";
    return true;
  }
  std::cout << name << ": source " << comparison.source.text() << "; destination "
            << comparison.destination.text() << '\n';
  std::cerr << "greylistctl: " << name << ": " << counted(comparison.differing, "row differs", "rows differ")
            << ": " << comparison.keys << (comparison.differing > kMaxKeys ? ", ...\n" : "\n");
  return false;
}

void say_what_to_set(const Place& to, const Settings& settings) {
  std::cout << "To have the plugin use it, set in "
            << "control/greylisting:\n";
  if (to.is_mysql()) {
    const std::string plugins =
        settings.mysql_default_file.empty() ? "control/mysql.cnf" : settings.mysql_default_file;
    std::cout << "    store=mysql\n    mysql_default_file=" << plugins
              << "\n    mysql_admin_file=" << to.settings.mysql_admin_file << '\n';
  } else {
    std::cout << "    store=sqlite\n    sqlite_file=" << to.settings.sqlite_file << '\n';
  }
  std::cout
      << "and run greylistctl check. What the plugin records until then stays in the old\nstore alone.\n";
}

}  // namespace

int copy(const LoadedSettings& loaded, const CopyOptions& options) {
  const Place from = place_of(options.from, "--from", loaded.settings);
  const Place to = place_of(options.to, "--to", loaded.settings);
  const Stores stores = open(from, to, options.only_compares);
  if (!options.only_compares) {
    require_source(*stores.source, from);
    if (prepare(stores, from, to, options.overwrites))
      std::cout << "note: the rows that " << to.name << " had are overwritten; " << kCannotBeTakenBack
                << '\n';
    for (const Table& table : tables()) TableCopy(stores, table).write();
  }
  // Once more from the beginning, because mail goes on: what is printed holds for both as they are now.
  bool is_same = true;
  for (const Table& table : tables())
    is_same = report(table, TableCopy(stores, table).compare(!options.only_compares)) && is_same;
  if (!is_same) {
    std::cerr << "greylistctl: " << to.name << " differs from " << from.name;
    std::cerr << (options.only_compares ? "\n"
                                        : "; run it again. What stays so does not fit the destination: "
                                          "correct it at the source\n");
    return kFailed;
  }
  if (options.only_compares) return kDone;
  copy_more_owners(*stores.source, *stores.destination);
  remove_meta(*stores.destination, kCopyMark);
  // All of it into the one file, so that it is a backup by itself.
  if (!to.is_mysql()) stores.destination->ask("PRAGMA wal_checkpoint(TRUNCATE)", 3);
  say_what_to_set(to, loaded.settings);
  return kDone;
}

}  // namespace greylisting::ctl
