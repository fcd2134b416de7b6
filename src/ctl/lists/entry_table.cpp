#include "ctl/lists/entry_table.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <stdexcept>
#include <utility>

#include "store/statements.h"
#include "text/number.h"
#include "text/printable.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kEntries = "entries/";
constexpr std::string_view kLists = "lists/";

void add_to_list(std::string& list, std::string_view item) {
  list.append(list.empty() ? "" : ", ").append(item);
}

// Both have an action, a pattern and a time; the rest is said of greylisting_entries alone.
StoredEntry of_lists(const Administration::Row& row, std::string_view action) {
  return {.id = std::string(kLists) + row[0],
          .action = std::string(action),
          .kind = "",
          .pattern = "",
          .block = "",
          .reply = "",
          .expires = row[4],
          .comment = row[6],
          .is_over = row[5] == "1"};
}

}  // namespace

std::string subject_of(const StoredEntry& stored) {
  return stored.kind == "network" || stored.kind == "host" ? "client" : stored.kind;
}

std::string line_of(const StoredEntry& stored) {
  return stored.id + ": " + one_line(stored.action) + ' ' + one_line(subject_of(stored)) + ' ' +
         one_line(stored.pattern);
}

Entry read(const StoredEntry& stored) {
  const auto action = action_of(stored.action);
  if (!action) throw std::runtime_error("\"" + one_line(stored.action) + "\" is not an action");
  Entry entry{.action = *action,
              .pattern = Pattern::parse(subject_of(stored), stored.pattern),
              .reply = stored.reply,
              .expires = stored.expires,
              .comment = stored.comment};
  if (!stored.block.empty()) entry.block = std::chrono::minutes(number_of<int>(stored.block).value_or(0));
  if (const auto why = objection(entry)) throw std::runtime_error(*why);
  return entry;
}

std::optional<Entry> try_to_read(const StoredEntry& stored) {
  try {
    return read(stored);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

std::string until(const std::string& expires) {
  return expires == kForEver ? " for ever" : " until " + expires + " UTC";
}

bool is_id_of_stored(std::string_view place) {
  return place.starts_with(kEntries) || place.starts_with(kLists);
}

bool allows_by_unbelieved_name(const Entry& entry, const Settings& settings) {
  return entry.action == Action::allow && entry.pattern.kind() == PatternKind::host &&
         settings.trust_remote_host == RemoteHost::never;
}

std::string outdated_columns(const StoredEntry& stored, const Pattern& pattern) {
  std::string columns;
  const auto compare = [&columns](std::string_view column, const std::string& is, const std::string& should) {
    if (is != should) add_to_list(columns, column);
  };
  compare("kind", stored.kind, std::string(name(pattern.kind())));
  compare("pattern", stored.pattern, pattern.text());
  compare("subject", stored.subject, hexadecimal(pattern.key()));
  compare("network_end", stored.network_end,
          pattern.network() ? hexadecimal(pattern.network()->last().bytes()) : "");
  compare("specificity", stored.specificity, std::to_string(pattern.specificity()));
  return columns;
}

std::vector<StoredEntry> EntryTable::all() {
  auto all = entries(" ORDER BY id");
  for (StoredEntry& entry : lists(" ORDER BY id")) all.push_back(std::move(entry));
  return all;
}

std::vector<StoredEntry> EntryTable::find(Action action, const std::vector<Pattern>& patterns) {
  std::string texts;
  for (const Pattern& pattern : patterns) add_to_list(texts, literal(pattern.text()));
  auto found = entries(" WHERE action = '" + std::string(name(action)) + "' AND pattern IN (" + texts + ")");
  std::erase_if(found, [&patterns](const StoredEntry& entry) {
    return std::ranges::none_of(patterns, [&entry](const Pattern& pattern) {
      return pattern.text() == entry.pattern && name(pattern.kind()) == entry.kind;
    });
  });
  return found;
}

std::vector<StoredEntry> EntryTable::with_id(const std::string& id) {
  const auto clauses = [&id](std::string_view prefix) {
    const std::string numbers = id.substr(prefix.size());
    const auto dash = numbers.find('-');
    return " WHERE id BETWEEN " + numbers.substr(0, dash) + " AND " +
           (dash == std::string::npos ? numbers : numbers.substr(dash + 1)) + " ORDER BY id";
  };
  if (id.starts_with(kEntries)) return entries(clauses(kEntries));
  if (id.starts_with(kLists)) return lists(clauses(kLists));
  return {};
}

std::vector<std::string> EntryTable::ranges_of(const std::vector<std::string>& ids) {
  std::set<std::uint64_t> own;
  for (const std::string& id : ids) {
    if (const auto number = number_of<std::uint64_t>(id.substr(kEntries.size()))) own.insert(*number);
  }
  if (own.empty()) return {};
  std::vector<std::string> ranges;
  std::uint64_t first = 0;  // of the range that is not at its end yet; none has this number
  std::uint64_t last = 0;
  const auto end_range = [&] {
    if (first == 0) return;
    ranges.push_back(std::string(kEntries) + std::to_string(first));
    if (last > first) ranges.back() += '-' + std::to_string(last);
    first = 0;
  };
  administration_.read("SELECT id FROM greylisting_entries WHERE id BETWEEN " + std::to_string(*own.begin()) +
                           " AND " + std::to_string(*own.rbegin()) + " ORDER BY id",
                       1, [&](const Administration::Row& row) {
                         const auto number = number_of<std::uint64_t>(row[0]).value_or(0);
                         if (!own.contains(number)) return end_range();
                         if (first == 0) first = number;
                         last = number;
                       });
  end_range();
  return ranges;
}

std::vector<StoredEntry> EntryTable::entries(const std::string& clauses) {
  std::vector<StoredEntry> entries;
  for (Administration::Row& row : administration_.ask(
           "SELECT id, action, kind, pattern, block_expire, reply, expires, comment, expires <= :now, "
           "LOWER(HEX(subject)), LOWER(HEX(network_end)), specificity FROM greylisting_entries" +
               clauses,
           12)) {
    entries.push_back({.id = std::string(kEntries) + row[0],
                       .action = std::move(row[1]),
                       .kind = std::move(row[2]),
                       .pattern = std::move(row[3]),
                       .block = std::move(row[4]),
                       .reply = std::move(row[5]),
                       .expires = std::move(row[6]),
                       .comment = std::move(row[7]),
                       .is_over = row[8] == "1",
                       .subject = std::move(row[9]),
                       .network_end = std::move(row[10]),
                       .specificity = std::move(row[11])});
  }
  return entries;
}

std::vector<StoredEntry> EntryTable::lists(const std::string& clauses) {
  std::vector<StoredEntry> entries;
  for (const Administration::Row& row :
       administration_.ask("SELECT id, ipaddr, rcpt_to, block_expires >= :now, record_expires, "
                           "record_expires <= :now, comment FROM greylisting_lists" +
                               clauses,
                           7)) {
    const bool denies = row[3] == "1";
    if (!row[1].empty()) {
      StoredEntry& entry = entries.emplace_back(of_lists(row, denies ? "deny" : "allow"));
      entry.kind = "network";
      entry.pattern = row[1];
    }
    if (!row[2].empty()) {
      // With explicit=1 such a row opts its domain in.
      StoredEntry& entry = entries.emplace_back(of_lists(row, denies         ? "deny"
                                                              : is_explicit_ ? "greylist"
                                                                             : "allow"));
      entry.kind = "recipient";
      entry.pattern = '=' + row[2];
    }
  }
  return entries;
}

std::string EntryTable::row_of(const Entry& entry) const {
  const Pattern& pattern = entry.pattern;
  const std::string null = "NULL";
  return "('" + std::string(name(entry.action)) + "','" + std::string(name(pattern.kind())) + "'," +
         literal(pattern.text()) + ',' + sql::literal(pattern.key()) + ',' +
         (pattern.network() ? sql::literal(pattern.network()->last().bytes()) : null) + ',' +
         std::to_string(pattern.specificity()) + ',' +
         (entry.block ? std::to_string(entry.block->count()) : null) + ',' +
         (entry.reply.empty() ? null : literal(entry.reply)) + ',' + literal(entry.expires) + ',' +
         literal(entry.comment) + ')';
}

void EntryTable::put(const std::vector<Entry>& entries) {
  const sql::Dialect dialect = administration_.dialect();
  std::string statement =
      "INSERT INTO greylisting_entries (action, kind, pattern, subject, network_end, specificity, "
      "block_expire, reply, expires, comment) VALUES ";
  for (const Entry& entry : entries)
    statement.append(&entry == &entries.front() ? "" : ",").append(row_of(entry));
  statement += ' ' + sql::on_conflict("pattern, kind, action", dialect) + ' ';
  for (const std::string column :
       {"subject", "network_end", "specificity", "block_expire", "reply", "expires", "comment"})
    statement += column + " = " + sql::inserted(column, dialect) + ", ";
  statement += "last_update = CURRENT_TIMESTAMP";
  if (!entries.empty()) administration_.ask(statement);
}

void EntryTable::remove(const std::vector<std::string>& ids) {
  for (const auto& [prefix, table] :
       {std::pair(kEntries, "greylisting_entries"), std::pair(kLists, "greylisting_lists")}) {
    std::string numbers;
    for (const std::string& id : ids) {
      if (id.starts_with(prefix)) add_to_list(numbers, std::string_view(id).substr(prefix.size()));
    }
    if (!numbers.empty())
      administration_.ask("DELETE FROM " + std::string(table) + " WHERE id IN (" + numbers + ')');
  }
}

}  // namespace greylisting::ctl
