#include "ctl/imports/sqlgrey.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "ctl/imports/sql_dump.h"
#include "ctl/print/figure_words.h"
#include "mail/network.h"
#include "text/number.h"
#include "text/printable.h"
#include "text/utc.h"

namespace greylisting::ctl {
namespace {

constexpr std::string_view kNobody = "-undef-";
constexpr std::string_view kSqlite = "SQLite format 3";
constexpr std::size_t kLongestRow = 200;
constexpr std::size_t kTime = 19;  // YYYY-MM-DD hh:mm:ss

struct Table {
  std::string_view name;
  std::vector<std::string> columns;
};

const std::array kTables{
    Table{"connect", {"sender_name", "sender_domain", "src", "rcpt", "first_seen"}},
    Table{"from_awl", {"sender_name", "sender_domain", "src", "first_seen", "last_seen"}},
    Table{"domain_awl", {"sender_domain", "src", "first_seen", "last_seen"}},
    Table{"optin_domain", {"domain"}},
    Table{"optin_email", {"email"}},
    Table{"optout_domain", {"domain"}},
    Table{"optout_email", {"email"}},
};

const Table* table_named(std::string_view name) {
  const auto* const found = std::ranges::find(kTables, name, &Table::name);
  return found == kTables.end() ? nullptr : found;
}

std::optional<std::time_t> moment(const std::string& text) {
  if (const auto seconds = number_of<std::time_t>(text)) return *seconds < 0 ? std::nullopt : seconds;
  return time_of(std::string_view(text).substr(0, kTime));
}

// The first address of what `src` stands for.
std::optional<std::string> client_of(const std::string& src) {
  const auto parts = std::ranges::count(src, ':') + 1;
  for (const std::string& text : {src, src + ".0", src + "::"}) {
    if ((text != src + "::" || parts == 4) && IpAddress::parse(text)) return text;
  }
  return std::nullopt;
}

bool can_be_anybodys(const std::string& sender_name) {
  return sender_name.find('#') != std::string::npos || sender_name.find("RCPT") != std::string::npos;
}

// Makes of rows what is known.
class Rows {
 public:
  Known known{};
  bool has_table = false;

  // False when it is no such row. Rows of other tables do not matter.
  bool take(const DumpedRow& row) {
    const Table* const table = table_named(row.table);
    if (table == nullptr) return true;
    has_table = true;
    const auto value = [&](std::string_view column) -> const std::string* {
      const std::vector<std::string>& columns = row.columns.empty() ? table->columns : row.columns;
      const auto place = static_cast<std::size_t>(std::ranges::find(columns, column) - columns.begin());
      return place < columns.size() && place < row.values.size() ? &row.values[place] : nullptr;
    };
    std::vector<const std::string*> values;
    for (const std::string& column : table->columns) {
      values.push_back(value(column));
      if (values.back() == nullptr) return false;
    }
    if (table->columns.size() == 1) return choice(table->name, *values[0]);
    if (table->name == "connect") return waiting(*values[0], *values[1], *values[2], *values[3], *values[4]);
    if (table->name == "from_awl") return sender(*values[0], *values[1], *values[2], *values[4]);
    return domain(*values[0], *values[1], *values[3]);
  }

  void conclude() {
    if (null_senders_ > 0) {
      known.notes.push_back(counted(null_senders_, "network") +
                            " left out where SQLgrey lets in the null sender, which is trusted nowhere here");
    }
  }

 private:
  bool waiting(const std::string& name, const std::string& domain, const std::string& src,
               const std::string& recipient, const std::string& first_seen) {
    const auto client = client_of(src);
    const auto first = moment(first_seen);
    if (!client || !first || recipient.empty()) return false;
    known.triplets.push_back({.client = *client,
                              .sender = name == kNobody ? "" : name + '@' + domain,
                              .recipient = recipient,
                              .first = *first,
                              .last = *first});
    return true;
  }

  bool sender(const std::string& name, const std::string& domain, const std::string& src,
              const std::string& last_seen) {
    const auto client = client_of(src);
    const auto last = moment(last_seen);
    if (!client || !last) return false;
    if (domain == kNobody) {
      ++null_senders_;
    } else {
      const std::string local_part = can_be_anybodys(name) ? "" : name;
      known.clients.push_back({.client = *client, .sender = local_part + '@' + domain, .last = *last});
    }
    return true;
  }

  bool domain(const std::string& name, const std::string& src, const std::string& last_seen) {
    return sender("#", name, src, last_seen);
  }

  // Of a domain SQLgrey means that one alone.
  bool choice(std::string_view table, const std::string& whose) {
    try {
      known.entries.push_back(
          {.action = table.starts_with("optin") ? Action::greylist : Action::skip,
           .pattern = Pattern::parse("recipient", (table.ends_with("domain") ? "=" : "") + whose)});
    } catch (const PatternError&) {
      return false;
    }
    return true;
  }

  std::size_t null_senders_ = 0;
};

std::string shown(std::string_view table, const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) text.append(text.empty() ? "" : ", ").append(value);
  return std::string(table) + ": " + in_quotes(text, kLongestRow) + " is no row of SQLgrey's";
}

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw std::runtime_error(
      one_line(file) + ": " + why +
      "; name SQLgrey's SQLite file, or what mysqldump or pg_dump has written of its tables");
}

bool has_rows(sqlite3* database, const std::string& file, const std::string& what) {
  sqlite3_stmt* prepared = nullptr;
  const int found = sqlite3_prepare_v2(database, ("SELECT 1 FROM " + what).c_str(), -1, &prepared, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  if (found != SQLITE_OK) refuse(file, sqlite3_errmsg(database));
  return sqlite3_step(prepared) == SQLITE_ROW;
}

// Of a table as it is in the file; none when there is no such table.
void read_table(sqlite3* database, const std::string& file, const Table& table, Rows& rows) {
  if (!has_rows(database, file,
                std::string("sqlite_master WHERE type = 'table' AND name = '").append(table.name) + '\''))
    return;
  std::string question = "SELECT ";
  for (const std::string& column : table.columns)
    question.append(question.ends_with("SELECT ") ? "" : ", ").append(column);
  question.append(" FROM ").append(table.name);
  sqlite3_stmt* prepared = nullptr;
  const int found = sqlite3_prepare_v2(database, question.c_str(), -1, &prepared, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
  if (found != SQLITE_OK) refuse(file, sqlite3_errmsg(database));
  int step = SQLITE_DONE;
  rows.has_table = true;
  while ((step = sqlite3_step(prepared)) == SQLITE_ROW) {
    std::vector<std::string> values;
    for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(prepared, i));
      values.emplace_back(text == nullptr ? "" : text);
    }
    if (!rows.take({table.name, table.columns, values})) {
      rows.known.problems.push_back(one_line(file) + ": " + shown(table.name, values));
    }
  }
  if (step != SQLITE_DONE) refuse(file, sqlite3_errmsg(database));
}

Known read_file(const std::string& file) {
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READONLY, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
  if (status != SQLITE_OK) refuse(file, sqlite3_errmsg(opened));
  constexpr int kPatience = 10000;  // milliseconds, with an SQLgrey that writes
  sqlite3_busy_timeout(opened, kPatience);
  Rows rows;
  for (const Table& table : kTables) read_table(opened, file, table, rows);
  if (!rows.has_table) refuse(file, "has none of SQLgrey's tables");
  rows.conclude();
  return std::move(rows.known);
}

}  // namespace

Known parse_sqlgrey_dump(const std::string& name, std::string_view text) {
  Rows rows;
  const auto failures = read_dump(text, [&](const DumpedRow& row) {
    if (!rows.take(row))
      rows.known.problems.push_back(one_line(name) + ':' + std::to_string(row.line) + ": " +
                                    shown(row.table, row.values));
  });
  for (const std::size_t line : failures) {
    rows.known.problems.push_back(one_line(name) + ':' + std::to_string(line) +
                                  ": this statement cannot be read to its end");
  }
  if (!rows.has_table && rows.known.problems.empty()) refuse(name, "has no row of SQLgrey's tables");
  rows.conclude();
  return std::move(rows.known);
}

Known read_sqlgrey(const std::string& file) {
  struct stat status = {};
  std::ifstream stream(file, std::ios::binary);
  if (!stream || stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode))
    refuse(file,
           stream ? "is not a regular file" : std::string("cannot be read (") + std::strerror(errno) + ')');
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  return text.starts_with(kSqlite) ? read_file(file) : parse_sqlgrey_dump(file, text);
}

}  // namespace greylisting::ctl
