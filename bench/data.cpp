#include "data.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lists/pattern.h"
#include "mail/network.h"
#include "store/sql.h"

namespace greylisting::bench {
namespace {

using test::Backend;
using test::Installation;

constexpr std::string_view kForever = "9999-12-31 23:59:59";

bool is_sqlite(const Installation& installation) { return installation.backend() == Backend::sqlite; }

// The statements that make the table's secondary indexes, and those that drop them.
struct Indexes {
  std::vector<std::string> create, drop;
};

Indexes indexes_of(const Installation& installation, const std::string& table) {
  Indexes indexes;
  if (is_sqlite(installation)) {
    for (const auto& row : installation.sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' "
                                            "AND sql IS NOT NULL AND tbl_name = '" +
                                            table + '\'')) {
      indexes.drop.push_back("DROP INDEX " + *row.at(0));
      indexes.create.push_back(*row.at(1));
    }
    return indexes;
  }
  for (const auto& row : installation.sql(
           "SELECT index_name, GROUP_CONCAT(column_name, IF(sub_part IS NULL, '', CONCAT('(', sub_part, "
           "')')) "
           "ORDER BY seq_in_index) FROM information_schema.statistics WHERE table_schema = DATABASE() "
           "AND non_unique = 1 AND table_name = '" +
           table + "' GROUP BY index_name")) {
    indexes.drop.push_back("ALTER TABLE " + table + " DROP KEY " + *row.at(0));
    indexes.create.push_back("ALTER TABLE " + table + " ADD KEY " + *row.at(0) + " (" + *row.at(1) + ')');
  }
  return indexes;
}

// Keys in ascending order, so that a row is added at the end of the table; `mark` tells one kind from
// another.
void insert_triplets(const Installation& installation, std::size_t first, std::size_t last, std::size_t all,
                     char mark, const std::string& expires) {
  const std::uint64_t step = std::numeric_limits<std::uint64_t>::max() / (all + 1);
  const std::string from = std::to_string(first);
  const std::string to = std::to_string(last);
  const std::string network = "CASE WHEN n % 10 = 0 THEN x'c0000200' END";
  const std::string columns =
      "relay_ip, pending_network, mail_from, rcpt_to, block_expires, record_expires, blocked_count, "
      "passed_count";
  const std::string values =
      "x'c0000207', " + network + ", CASE WHEN n % 10 = 1 THEN '' ELSE " +
      (is_sqlite(installation) ? "'s' || n || '@example.net'" : "CONCAT('s', n, '@example.net')") +
      " END, 'bob@example.org', '2020-01-01 00:00:00', " + expires + ", 1, n % 10 <> 0";
  if (is_sqlite(installation)) {
    installation.sql("WITH RECURSIVE numbers (n) AS (SELECT " + from +
                     " UNION ALL SELECT n + 1 FROM numbers WHERE n < " + to +
                     ") INSERT INTO greylisting_data "
                     "(triplet, " +
                     columns + ") SELECT CAST(printf('%015d" + mark + "', n) AS BLOB), " + values +
                     " FROM numbers");
    return;
  }
  installation.sql("SET SESSION unique_checks = 0; INSERT INTO greylisting_data (triplet, id, " + columns +
                   ") SELECT UNHEX(CONCAT(LPAD(HEX(n * " + std::to_string(step) + "), 16, '0'), '" +
                   std::string(15, '0') + (mark == 'e' ? '1' : '0') + "')), n, " + values +
                   " FROM (SELECT CAST(seq AS UNSIGNED) AS n FROM seq_" + from + "_to_" + to +
                   ") AS numbers");
}

void fill(const Installation& installation, std::size_t count, char mark, const std::string& expires) {
  constexpr std::size_t kBatch = 500000;
  const Indexes indexes = indexes_of(installation, "greylisting_data");
  for (const std::string& statement : indexes.drop) installation.sql(statement);
  for (std::size_t first = 1; first <= count; first += kBatch)
    insert_triplets(installation, first, std::min(first + kBatch - 1, count), count, mark, expires);
  for (const std::string& statement : indexes.create) installation.sql(statement);
}

// Rows of one table, some thousand in a statement.
class Inserter {
 public:
  Inserter(const Installation& installation, std::string begin)
      : installation_(installation), begin_(std::move(begin)) {}

  void add(const std::string& row) {
    rows_.append(rows_.empty() ? "" : ",").append("(").append(row).append(")");
    constexpr std::size_t kEnough = std::size_t{1} << 19;
    if (rows_.size() > kEnough) flush();
  }

  void flush() {
    if (!rows_.empty()) installation_.sql(begin_ + rows_);
    rows_.clear();
  }

 private:
  const Installation& installation_;
  std::string begin_;
  std::string rows_;
};

// Half of them below the client's address and half above, each in a greater one that is listed too.
std::string network(std::size_t number) {
  constexpr std::array<unsigned, 4> kPrefixes{32, 28, 24, 20};
  constexpr std::size_t kMiddle = 192;
  const std::size_t half = number / 2;
  const unsigned prefix = kPrefixes[half % kPrefixes.size()];
  const auto byte = [half](unsigned shift) { return half >> shift & 0xffU; };
  if (number % 2 == 1) {
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "2001:db8:%zx:%zx::/%u", half >> 16U,
                                   half & 0xffffU, prefix + 32);
    return {text.data(), static_cast<std::size_t>(size)};
  }
  const std::size_t first = kMiddle - 8 + half % 16 + (half % 16 >= 8 ? 1 : 0);
  return std::to_string(first) + '.' + std::to_string(byte(16)) + '.' + std::to_string(byte(8)) + '.' +
         std::to_string(byte(0)) + '/' + std::to_string(prefix);
}

}  // namespace

void add_triplets(const Installation& installation, std::size_t count) {
  fill(installation, count, 'd', installation.seconds_from_now(30 * 24 * 3600));
}

void add_expired(const Installation& installation, std::size_t count) {
  fill(installation, count, 'e', installation.seconds_from_now(-3600));
}

void add_list_entries(const Installation& installation, std::size_t count) {
  const std::string forever = ", '" + std::string(kForever) + "', ";
  Inserter lists(installation,
                 is_sqlite(installation)
                     ? "INSERT INTO greylisting_lists (ipaddr, ipaddr_start, ipaddr_end, ipaddr_prefixsize, "
                       "rcpt_to, block_expires, record_expires, comment) VALUES "
                     : "INSERT INTO greylisting_lists (ipaddr, rcpt_to, block_expires, record_expires, "
                       "comment) VALUES ");
  Inserter entries(installation,
                   "INSERT INTO greylisting_entries (action, kind, pattern, subject, network_end, "
                   "specificity, expires) VALUES ");
  const std::string tail = ", '2020-01-01 00:00:00'" + forever + "''";
  for (std::size_t i = 0; i < count; ++i) {
    const auto parsed = Network::parse(network(i)).value();
    lists.add('\'' + parsed.text() + "', " +
              (is_sqlite(installation)
                   ? sql::literal(parsed.first().bytes()) + ", " + sql::literal(parsed.last().bytes()) +
                         ", " + std::to_string(parsed.prefix()) + ", "
                   : "") +
              "NULL" + tail);
    const Pattern pattern = Pattern::parse("client", parsed.text());
    entries.add("'allow', 'network', '" + pattern.text() + '/' + std::to_string(i) + "', " +
                sql::literal(pattern.key()) + ", " + sql::literal(parsed.last().bytes()) + ", " +
                std::to_string(pattern.specificity()) + ", '" + std::string(kForever) + '\'');
  }
  for (std::size_t i = 0; i < count / 10; ++i) {
    const std::string domain = 'd' + std::to_string(i) + ".example.com";
    lists.add((is_sqlite(installation) ? "NULL, NULL, NULL, NULL, '" : "NULL, '") + domain + '\'' + tail);
    const Pattern pattern = Pattern::parse("recipient", domain);
    entries.add("'allow', 'recipient', '" + pattern.text() + "', " + sql::literal(pattern.key()) +
                ", NULL, " + std::to_string(pattern.specificity()) + ", '" + std::string(kForever) + '\'');
  }
  lists.flush();
  entries.flush();
}

}  // namespace greylisting::bench
