#include "ctl/providers/owners.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string_view>
#include <utility>

#include "ctl/batches.h"
#include "ctl/records/meta.h"
#include "lists/entry.h"
#include "store/sql.h"
#include "text/number.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kMark = "SPF of ";
constexpr std::string_view kNumbered = " domains: ";
constexpr std::string_view kNotAll = "...";
constexpr std::string_view kSeparator = ", ";

using Row = std::pair<std::string, std::string>;  // name, value

// Whether all of them are domains, which have no blanks; a person's comment can begin with the mark, too.
bool take_domains(std::string_view text, std::vector<std::string>& domains) {
  while (!text.empty()) {
    const auto end = std::min(text.find(kSeparator), text.size());
    domains.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + kSeparator.size(), text.size()));
  }
  return std::ranges::all_of(domains, [](const std::string& domain) {
    return !domain.empty() && domain.find(' ') == std::string::npos;
  });
}

// The first of them that have room, from `next` on.
std::string joined(Domains::const_iterator& next, Domains::const_iterator end, std::size_t room) {
  std::string text;
  for (; next != end; ++next) {
    const std::size_t size = text.empty() ? next->size() : text.size() + kSeparator.size() + next->size();
    if (size > room) break;
    text.append(text.empty() ? "" : kSeparator).append(*next);
  }
  return text;
}

std::string all_in_one(const Domains& domains) {
  auto next = domains.begin();
  return std::string(kMark) + joined(next, domains.end(), std::string::npos);
}

// A comment of the greatest length may have been cut by a version that knew no other place for names.
bool has_room(const Domains& domains) { return all_in_one(domains).size() < kMaxComment; }

std::vector<Row> rows_of(const std::string& network, const Domains& domains) {
  std::vector<Row> rows;
  for (auto next = domains.begin(); next != domains.end();) {
    std::string value = joined(next, domains.end(), kLongestMeta);
    // Longer than any domain.
    if (value.empty()) value = *next++;
    rows.emplace_back(std::string(kMark) + network + ' ' + std::to_string(rows.size() + 1), std::move(value));
  }
  return rows;
}

std::vector<Administration::Row> kept_rows(Administration& administration) {
  return administration.ask(
      "SELECT name, value FROM greylisting_meta WHERE name LIKE '" + std::string(kMark) + "%'", 2);
}

void put_meta(Administration& administration, const std::vector<Row>& rows) {
  const auto literal = [&](const std::string& text) {
    return sql::text_literal(text, administration.dialect());
  };
  in_batches(rows, [&](const std::vector<Row>& batch) {
    std::string statement = "REPLACE INTO greylisting_meta (name, value) VALUES ";
    for (const auto& [name, value] : batch) {
      statement.append(statement.ends_with(' ') ? "(" : ",(")
          .append(literal(name) + ',' + literal(value) + ')');
    }
    administration.ask(statement);
  });
}

}  // namespace

MoreOwners::MoreOwners(Administration& administration) : administration_(administration) {
  for (Administration::Row& row : kept_rows(administration)) {
    const std::string network = row[0].substr(kMark.size(), row[0].rfind(' ') - kMark.size());
    kept_[network].emplace(std::move(row[0]), std::move(row[1]));
  }
}

Owners MoreOwners::of(const StoredEntry& entry) const {
  std::string_view text = entry.comment;
  if (!text.starts_with(kMark)) return {};
  text.remove_prefix(kMark.size());
  std::vector<std::string> names;
  const auto numbered = text.find(kNumbered);
  if (numbered == std::string_view::npos) {
    if (!take_domains(text, names)) return {};
    const bool is_cut = entry.comment.size() >= kMaxComment;
    if (is_cut) names.pop_back();
    return {.domains = {names.begin(), names.end()}, .are_all = !is_cut};
  }
  const auto number = number_of<std::size_t>(text.substr(0, numbered));
  if (!number || !take_domains(text.substr(numbered + kNumbered.size()), names)) return {};
  std::erase(names, kNotAll);
  if (const auto kept = kept_.find(entry.pattern); kept != kept_.end()) {
    for (const auto& [name, value] : kept->second) take_domains(value, names);
  }
  Owners owners{.domains = {names.begin(), names.end()}};
  owners.are_all = owners.domains.size() == *number;
  return owners;
}

void MoreOwners::keep(const std::map<std::string, Domains>& owners) {
  std::vector<std::string> dropped;
  std::vector<Row> rows;
  for (const auto& [network, domains] : owners) {
    if (const auto kept = kept_.find(network); kept != kept_.end()) {
      for (const auto& [name, value] : kept->second) dropped.push_back(name);
    }
    if (!has_room(domains)) std::ranges::move(rows_of(network, domains), std::back_inserter(rows));
  }
  drop(dropped);
  put_meta(administration_, rows);
}

void MoreOwners::keep_only(const std::set<std::string>& networks) {
  std::vector<std::string> names;
  for (const auto& [network, rows] : kept_) {
    if (networks.contains(network)) continue;
    for (const auto& [name, value] : rows) names.push_back(name);
  }
  drop(names);
}

void MoreOwners::drop(const std::vector<std::string>& names) {
  in_batches(names, [this](const std::vector<std::string>& batch) {
    const std::string list = sql::list_of(batch, [this](const std::string& name) {
      return sql::text_literal(name, administration_.dialect());
    });
    administration_.ask("DELETE FROM greylisting_meta WHERE name IN (" + list + ')');
  });
}

std::string owners_comment(const Domains& domains) {
  if (has_room(domains)) return all_in_one(domains);
  const std::string begin = std::string(kMark) + std::to_string(domains.size()) + std::string(kNumbered);
  auto next = domains.begin();
  const std::string names =
      joined(next, domains.end(), kMaxComment - 1 - begin.size() - kSeparator.size() - kNotAll.size());
  return begin + names + std::string(names.empty() ? "" : kSeparator) + std::string(kNotAll);
}

void copy_more_owners(Administration& from, Administration& to) {
  MoreOwners(to).keep_only({});
  std::vector<Row> rows;
  for (Administration::Row& row : kept_rows(from)) rows.emplace_back(std::move(row[0]), std::move(row[1]));
  put_meta(to, rows);
}

}  // namespace greylisting::ctl
