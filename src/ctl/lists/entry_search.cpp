#include "ctl/lists/entry_search.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "text/number.h"

namespace greylisting::ctl {
namespace {

constexpr std::size_t kMaxWithin = 1000;
constexpr std::string_view kStillCounts = " AND expires > :now";
constexpr std::string_view kRowStillCounts = " AND record_expires > :now";

// The rows whose network begins within that one, by `column`, which has `prefix` and the bytes of an address.
std::string is_within(const Network& network, const std::string& column, const std::string& prefix) {
  const std::string first = prefix + std::string(network.first().bytes());
  const std::string last = prefix + std::string(network.last().bytes());
  return " WHERE " + column + " BETWEEN " + sql::literal(first) + " AND " + sql::literal(last) +
         " AND LENGTH(" + column + ") = " + std::to_string(first.size());
}

// By table and number, each once.
void put_in_order(std::vector<StoredEntry>& entries) {
  const auto place = [](const StoredEntry& entry) {
    const auto slash = entry.id.find('/');
    return std::tuple(entry.id.starts_with("lists"),
                      number_of<std::uint64_t>(std::string_view(entry.id).substr(slash + 1)).value_or(0),
                      entry.kind);
  };
  std::ranges::sort(entries, {}, place);
  const auto are_the_same = [place](const StoredEntry& a, const StoredEntry& b) {
    return place(a) == place(b);
  };
  entries.erase(std::unique(entries.begin(), entries.end(), are_the_same), entries.end());
}

void add(std::vector<StoredEntry>& found, std::vector<StoredEntry> more) {
  std::ranges::move(more, std::back_inserter(found));
}

// Whether the entry's pattern is one of these; one that is no pattern any more, whether it is that text.
bool is_one_of(const StoredEntry& entry, const std::vector<Pattern>& patterns, const std::string& text) {
  if (entry.pattern == text) return true;
  try {
    return std::ranges::find(patterns, Pattern::parse(subject_of(entry), entry.pattern)) != patterns.end();
  } catch (const PatternError&) {
    return false;
  }
}

std::vector<Pattern> patterns_in(const std::string& subject, const std::string& text) {
  try {
    return patterns_of(subject, text);
  } catch (const PatternError&) {
    return {};
  }
}

// The domain that a row of greylisting_lists can have, of a recipient's key: `r@example.org`,
// `r.example.org`.
std::optional<std::string> domain_in(const std::string& key) {
  if (key.size() < 3 || key[0] != 'r' || (key[1] != '@' && key[1] != '.')) return std::nullopt;
  return key.substr(2);
}

}  // namespace

std::vector<StoredEntry> EntrySearch::entries_with(const std::vector<std::string>& keys,
                                                   const std::string& more) {
  return keys.empty() ? std::vector<StoredEntry>()
                      : table_.entries(" WHERE subject IN (" + sql::list_of(keys, sql::literal) + ')' + more);
}

std::vector<StoredEntry> EntrySearch::lists_for(const Pattern& pattern, const std::string& more) {
  std::vector<StoredEntry> found;
  if (pattern.network()) {
    found = table_.lists(" WHERE ipaddr_start IN (" + sql::network_literals(pattern.network()->first()) +
                         ')' + more);
    // Of SQLite's rows the plugin has yet to read the new ones.
    if (dialect_ == sql::Dialect::sqlite)
      add(found, table_.lists(" WHERE ipaddr IS NOT NULL AND ipaddr_prefixsize IS NULL" + more));
  } else if (pattern.kind() == PatternKind::recipient) {
    std::string domains;
    for (const std::string& key : keys_around(pattern)) {
      if (const auto domain = domain_in(key))
        domains.append(domains.empty() ? "" : ",").append(text_literal(*domain));
    }
    if (!domains.empty()) found = table_.lists(" WHERE rcpt_to IN (" + domains + ')' + more);
  }
  return found;
}

std::vector<StoredEntry> EntrySearch::around(const Pattern& pattern) {
  std::vector<std::string> keys = keys_around(pattern);
  if (pattern.is_regexp()) keys = {pattern.key()};
  std::vector<StoredEntry> found = entries_with(keys, std::string(kStillCounts));
  if (!pattern.is_regexp())
    add(found, entries_with({std::string(Pattern::kRegexpKey)}, std::string(kStillCounts)));
  add(found, lists_for(pattern, std::string(kRowStillCounts)));
  if (pattern.network()) {
    const std::string limit = " LIMIT " + std::to_string(kMaxWithin);
    add(found, table_.entries(is_within(*pattern.network(), "subject", pattern.key().substr(0, 1)) +
                              std::string(kStillCounts) + limit));
    add(found, table_.lists(is_within(*pattern.network(), "ipaddr_start", "") + std::string(kRowStillCounts) +
                            limit));
  }
  put_in_order(found);
  return found;
}

std::vector<StoredEntry> EntrySearch::of(const std::string& subject, const std::string& text) {
  const std::vector<Pattern> patterns = patterns_in(subject, text);
  std::vector<std::string> keys;
  keys.reserve(patterns.size());
  for (const Pattern& pattern : patterns) keys.push_back(pattern.key());
  std::vector<StoredEntry> found = entries_with(keys, "");
  add(found, table_.entries(" WHERE pattern = " + text_literal(text)));
  for (const Pattern& pattern : patterns) add(found, lists_for(pattern, ""));
  // What cannot be read has no key.
  if (subject == word(PatternKind::network))
    add(found, table_.lists(" WHERE ipaddr_start IS NULL AND ipaddr = " + text_literal(text)));
  if (subject == word(PatternKind::recipient) && text.starts_with('='))
    add(found, table_.lists(" WHERE rcpt_to = " + text_literal(text.substr(1))));
  std::erase_if(found, [&](const StoredEntry& entry) {
    return subject_of(entry) != subject || !is_one_of(entry, patterns, text);
  });
  put_in_order(found);
  return found;
}

}  // namespace greylisting::ctl
