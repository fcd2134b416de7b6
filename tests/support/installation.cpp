#include "installation.h"

#include "lists/entry.h"
#include "lists/pattern.h"
#include "store/sql.h"

#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace greylisting::test {
namespace {

DatabaseServer* server_for(Backend backend) {
  switch (backend) {
    case Backend::mariadb:
      return &DatabaseServer::shared(ServerKind::mariadb);
    case Backend::mysql56:
      return &DatabaseServer::shared(ServerKind::mysql56);
    case Backend::sqlite:
      break;
  }
  return nullptr;
}

std::string option_file(const DatabaseServer& server, const std::string& database, const std::string& user,
                        const std::string& password) {
  return "[client]\nuser=" + user + "\npassword=" + password + "\ndatabase=" + database +
         "\nsocket=" + server.socket().string() + '\n';
}

std::string in_quotes(const std::optional<std::string>& text, char quote) {
  return text ? quote + *text + quote : "NULL";
}

bool has_key(std::string_view settings, std::string_view key) {
  return ('\n' + std::string(settings)).find('\n' + std::string(key) + '=') != std::string::npos;
}

// Every line of the journal into the hour in which it is then.
void move_journal(const std::filesystem::path& home, std::chrono::seconds time) {
  if (!std::filesystem::exists(home / "greylisting")) return;
  std::set<std::filesystem::path> files;  // in the order of their hours
  for (const auto& entry : std::filesystem::directory_iterator(home / "greylisting")) {
    if (entry.path().extension() == ".journal") files.insert(entry.path());
  }
  std::string lines;
  for (const std::filesystem::path& file : files) {
    lines += read_file(file);
    std::filesystem::remove(file);
  }
  std::map<std::string, std::string> hours;
  std::istringstream each(lines);
  for (std::string line; std::getline(each, line);) {
    const std::time_t moved = std::stol(line) - time.count();
    std::array<char, 32> file{};
    std::strftime(file.data(), file.size(), "%Y-%m-%dT%H.journal", std::gmtime(&moved));
    hours[file.data()] += std::to_string(moved) + line.substr(line.find(' ')) + '\n';
  }
  for (const auto& [file, text] : hours) write_file(home / "greylisting" / file, text, 0644);
}

}  // namespace

std::string_view name(Backend backend) {
  switch (backend) {
    case Backend::mariadb:
      return "MariaDB";
    case Backend::mysql56:
      return "MySQL 5.6";
    case Backend::sqlite:
      return "SQLite";
  }
  return "";
}

ListEntry allow_network(std::string network) { return {.network = std::move(network)}; }
ListEntry deny_network(std::string network) {
  return {.verdict = ListEntry::Verdict::deny, .network = std::move(network)};
}
ListEntry allow_domain(std::string domain) { return {.domain = std::move(domain)}; }
ListEntry deny_domain(std::string domain) {
  return {.verdict = ListEntry::Verdict::deny, .domain = std::move(domain)};
}

Installation::Installation(Backend backend, std::string_view settings)
    : backend_(backend), server_(server_for(backend)) {
  create_database();
  configure(settings);
}

Installation::Installation(DatabaseServer& server, std::string_view settings)
    : backend_(server.kind() == ServerKind::mariadb ? Backend::mariadb : Backend::mysql56), server_(&server) {
  create_database();
  configure(settings);
}

Installation::Installation(const Installation& other, DatabaseServer& server, std::string_view settings)
    : backend_(other.backend_), server_(&server), database_(other.database_) {
  write_option_files();
  configure(settings);
}

// With the very files that an administrator runs. Only names differ, so that many installations share one
// server.
void Installation::create_database() {
  if (backend_ == Backend::sqlite) {
    std::filesystem::create_directory(home_ / "greylisting");
    return;
  }
  database_ = server_->create_database();
  const auto directory = source_tree() / "sql" / "mysql";
  std::string grants = read_file(directory / "grants.sql");
  grants = std::regex_replace(grants, std::regex(R"(\bgreylisting\b(?=\.\*|;))"), database_);
  grants = std::regex_replace(grants, std::regex("'greylisting'"), '\'' + database_ + '\'');
  grants = std::regex_replace(grants, std::regex("'greylistctl'"), '\'' + database_ + "ctl'");
  server_->sql("", grants);
  server_->sql(database_, read_file(directory / "schema.sql"));
  write_option_files();
}

void Installation::write_option_files() const {
  write_file(home_ / "control/mysql.cnf", option_file(*server_, database_, database_, "change-me"), 0600);
  write_file(home_ / "control/mysql-admin.cnf",
             option_file(*server_, database_, database_ + "ctl", "change-me-too"), 0600);
}

void Installation::configure(std::string_view settings) {
  std::string lines;
  const auto unless_given = [&](std::string_view key, std::string_view value) {
    if (!has_key(settings, key)) lines.append(key).append("=").append(value).append("\n");
  };
  if (server_ != nullptr) {
    unless_given("mysql_default_file", "control/mysql.cnf");
    unless_given("mysql_admin_file", "control/mysql-admin.cnf");
  }
  // Far enough apart for what a test has happen between them.
  unless_given("block_expire", "55");
  unless_given("record_expire", "500");
  unless_given("loglevel", "4");
  unless_given("header", "off");
  unless_given("timeout", "30000");
  write_file(home_ / "control/greylisting", lines.append(settings).append("\n"), 0644);
  write_file(home_ / "control/me", "localhost\n", 0644);
  // check takes qmail-smtpd to run as whoever runs the test, and not as an account of qmail's that this host
  // has.
  write_file(home_ / "supervise/qmail-smtpd/run",
             "#!/bin/sh\nexport GREYLISTING=\nexec tcpserver -u " + std::to_string(geteuid()) +
                 " 0 smtp bin/qmail-smtpd\n",
             0755);
}

Command Installation::command(const Rcpt& rcpt) const {
  Command command{.arguments = {built("greylisting")},
                  .environment = rcpt.environment,
                  .directory = home(),
                  .closed = {0}};
  const bool is_ipv6 = rcpt.client.find(':') != std::string::npos;
  command.environment.insert({{"GREYLISTING", ""},
                              {"PROTO", is_ipv6 ? "TCP6" : "TCP"},
                              {"TCPREMOTEIP", rcpt.client},
                              {"SMTPHELOHOST", "mail.example.net"},
                              {"SMTPMAILFROM", rcpt.sender},
                              {"SMTPRCPTTO", rcpt.recipient},
                              {"SMTPRCPTCOUNT", "0"},
                              {"SMTPRCPTCOUNTALL", "1"},
                              {"SMTPRCPTHOSTSOK", "1"}});
  return command;
}

Rows Installation::sql(std::string_view statements) const {
  return backend_ == Backend::sqlite ? sqlite(statements) : server_->sql(database_, statements);
}

Rows Installation::sqlite(std::string_view statements) const {
  const std::filesystem::path file = home() / "greylisting/greylisting.db";
  if (!std::filesystem::exists(file)) {
    attempt();
    sqlite("DELETE FROM greylisting_data; DELETE FROM greylisting_clients");
  }
  sqlite3* opened = nullptr;
  const int status = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> database(opened, sqlite3_close);
  const auto check = [&](int result) {
    if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) {
      throw std::runtime_error(std::string(sqlite3_errmsg(opened)) + "\nin: " + std::string(statements));
    }
    return result;
  };
  check(status);
  sqlite3_busy_timeout(opened, 30000);

  Rows rows;
  const char* rest = statements.data();
  const char* const end = rest + statements.size();
  while (rest < end) {
    sqlite3_stmt* prepared = nullptr;
    check(sqlite3_prepare_v2(opened, rest, static_cast<int>(end - rest), &prepared, &rest));
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(prepared, sqlite3_finalize);
    if (!statement) continue;
    if (sqlite3_column_count(prepared) > 0) rows.clear();
    while (check(sqlite3_step(prepared)) == SQLITE_ROW) {
      Row& row = rows.emplace_back(static_cast<std::size_t>(sqlite3_column_count(prepared)));
      for (std::size_t i = 0; i < row.size(); ++i) {
        const int column = static_cast<int>(i);
        if (sqlite3_column_type(prepared, column) == SQLITE_NULL) continue;
        const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(prepared, column));
        row[i].emplace(bytes == nullptr ? "" : bytes,
                       static_cast<std::size_t>(sqlite3_column_bytes(prepared, column)));
      }
    }
  }
  return rows;
}

// For MySQL and MariaDB the statement of the documentation of 0.5, positional and with double quotes.
void Installation::add(const ListEntry& entry) const {
  const bool allows = entry.verdict == ListEntry::Verdict::allow;
  const std::string block_expires = allows ? "0000-00-00 00:00:00" : "9999-12-31 23:59:59";
  if (backend_ == Backend::sqlite) {
    sql("INSERT INTO greylisting_lists (ipaddr, rcpt_to, block_expires, record_expires) VALUES (" +
        in_quotes(entry.network, '\'') + ", " + in_quotes(entry.domain, '\'') + ", '" + block_expires +
        "', '" + entry.record_expires + "')");
    return;
  }
  sql("INSERT INTO greylisting_lists VALUES (0, " + in_quotes(entry.network, '"') + ", NULL, NULL, NULL, " +
      in_quotes(entry.domain, '"') + ", \"" + block_expires + "\", \"" + entry.record_expires +
      "\", NOW(), NOW(), '" + (allows ? "whitelist" : "blacklist") + "')");
}

void Installation::put(const Entry& entry) const {
  const Pattern pattern = Pattern::parse(entry.word, entry.pattern);
  const auto number_or_null = [](const std::string& text) { return text.empty() ? "NULL" : text; };
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? "NULL" : '\'' + text + '\'';
  };
  const std::string kind(greylisting::name(pattern.kind()));
  sql("INSERT INTO greylisting_entries (action, kind, pattern, subject, network_end, specificity, "
      "block_expire, "
      "reply, expires) VALUES ('" +
      entry.action + "', '" + kind + "', " + sql::literal(pattern.text()) + ", " +
      sql::literal(pattern.key()) + ", " +
      (pattern.network() ? sql::literal(pattern.network()->last().bytes()) : "NULL") + ", " +
      std::to_string(pattern.specificity()) + ", " + number_or_null(entry.block_expire) + ", " +
      text_or_null(entry.reply) + ", '" + entry.expires + "')");
}

void Installation::pass_time(std::chrono::seconds time) const {
  const std::string seconds = std::to_string(time.count());
  const auto move = [&](const std::string& table, const std::vector<std::string>& columns) {
    std::string changes;
    for (const std::string& column : columns) {
      changes += changes.empty() ? "" : ", ";
      changes += column + " = ";
      changes += backend_ == Backend::sqlite ? "datetime(" + column + ", '-" + seconds + " seconds')"
                                             : column + " - INTERVAL " + seconds + " SECOND";
    }
    sql("UPDATE " + table + " SET " + changes);
  };
  move("greylisting_data", {"block_expires", "record_expires", "create_time", "last_update"});
  move("greylisting_clients", {"counted", "expires", "trapped_until", "create_time"});
  move("greylisting_expected", {"expires", "create_time"});
  move_journal(home(), time);
}

std::string Installation::seconds_from_now(int seconds) const {
  const std::string number = std::to_string(seconds);
  return backend_ == Backend::sqlite ? "datetime('now', '" + number + " seconds')"
                                     : "(UTC_TIMESTAMP() + INTERVAL " + number + " SECOND)";
}

std::string Installation::now() const { return sql("SELECT " + seconds_from_now(0)).at(0).at(0).value(); }

std::string logged(const Result& result, std::string_view key) {
  std::smatch match;
  const std::regex word("greylisting: (?:[^\n]* )?" + std::string(key) + "=([^ \n]*)");
  return std::regex_search(result.errors, match, word) ? match[1].str() : "";
}

std::string reason(const Installation& installation, const Rcpt& rcpt) {
  return logged(installation.attempt(rcpt), "reason");
}

std::string answer(const Result& result) {
  std::istringstream output(result.output);
  std::string commands;
  for (std::string line; std::getline(output, line);) {
    if (!line.starts_with('S') && !line.starts_with('U')) commands += line + '\n';
  }
  return commands;
}

std::size_t lines(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

void list_the_plugin(const Installation& installation) {
  write_file(installation.home() / "control/me", "mx.example.org\n", 0644);
  write_file(installation.home() / "control/smtpplugins", "[rcpt]\nplugins/greylisting\n", 0644);
  std::filesystem::create_directory(installation.home() / "plugins");
  // Copies, because the directories above the build may be closed to others, as /root is.
  for (const std::string name : {"greylisting", "greylisting.dynamic"})
    std::filesystem::copy_file(built(name), installation.home() / "plugins" / name);
}

}  // namespace greylisting::test
